"""The data behind `facts.py`: entries separated by semicolons, `Norway=oslo; Peru=lima`."""

from __future__ import annotations


def entries(table: str) -> list[tuple[str, str]]:
    """The entries of a table as (name, value); line breaks count as spaces."""
    pairs = [entry.split("=") for entry in " ".join(table.split()).split(";") if entry.strip()]
    return [(name.strip(), value.strip()) for name, value in pairs]


CAPITALS = """
Afghanistan=Kabul; Albania=Tirana; Algeria=Algiers; Angola=Luanda; Argentina=Buenos Aires; Armenia=Yerevan;
Australia=Canberra; Austria=Vienna; Azerbaijan=Baku; Bangladesh=Dhaka; Belarus=Minsk; Belgium=Brussels;
Botswana=Gaborone; Brazil=Brasilia|Brasília; Bulgaria=Sofia; Cambodia=Phnom Penh; Cameroon=Yaounde|Yaoundé;
Canada=Ottawa; Chad=N'Djamena|Ndjamena; Chile=Santiago; China=Beijing; Colombia=Bogota|Bogotá;
Croatia=Zagreb; Cuba=Havana; Cyprus=Nicosia; Denmark=Copenhagen; Ecuador=Quito; Egypt=Cairo; Eritrea=Asmara;
Estonia=Tallinn; Ethiopia=Addis Ababa; Fiji=Suva; Finland=Helsinki; France=Paris; Gabon=Libreville;
Georgia=Tbilisi; Germany=Berlin; Ghana=Accra; Greece=Athens; Guyana=Georgetown; Haiti=Port-au-Prince;
Honduras=Tegucigalpa; Hungary=Budapest; Iceland=Reykjavik|Reykjavík; India=New Delhi|Delhi; Iran=Tehran;
Iraq=Baghdad; Ireland=Dublin; Italy=Rome; Jamaica=Kingston; Japan=Tokyo; Jordan=Amman; Kenya=Nairobi;
Laos=Vientiane; Latvia=Riga; Lebanon=Beirut; Liberia=Monrovia; Libya=Tripoli; Lithuania=Vilnius;
Madagascar=Antananarivo; Malawi=Lilongwe; Malaysia=Kuala Lumpur; Mali=Bamako; Malta=Valletta;
Mongolia=Ulaanbaatar|Ulan Bator; Morocco=Rabat; Mozambique=Maputo; Namibia=Windhoek; Nepal=Kathmandu; New
Zealand=Wellington; Nicaragua=Managua; Niger=Niamey; Nigeria=Abuja; North Korea=Pyongyang; Norway=Oslo;
Oman=Muscat; Pakistan=Islamabad; Paraguay=Asuncion|Asunción; Peru=Lima; Poland=Warsaw; Portugal=Lisbon;
Qatar=Doha; Romania=Bucharest; Russia=Moscow; Rwanda=Kigali; Saudi Arabia=Riyadh; Senegal=Dakar;
Serbia=Belgrade; Sierra Leone=Freetown; Slovakia=Bratislava; Slovenia=Ljubljana; Somalia=Mogadishu; South
Korea=Seoul; Spain=Madrid; Sudan=Khartoum; Sweden=Stockholm; Switzerland=Bern|Berne; Syria=Damascus;
Taiwan=Taipei; Tunisia=Tunis; Turkey=Ankara; Uganda=Kampala; Ukraine=Kyiv|Kiev; Uruguay=Montevideo;
Venezuela=Caracas; Vietnam=Hanoi; Yemen=Sanaa|Sana'a; Zambia=Lusaka; Zimbabwe=Harare
"""

CONTINENTS = """
Africa=Algeria, Angola, Botswana, Cameroon, Chad, Ethiopia, Ghana, Kenya, Liberia, Libya, Madagascar, Mali,
Morocco, Namibia, Niger, Nigeria, Rwanda, Senegal, Somalia, Tunisia, Uganda, Zambia, Zimbabwe;
Asia=Afghanistan, Bangladesh, Bhutan, Cambodia, China, India, Iran, Iraq, Japan, Jordan, Laos, Lebanon,
Malaysia, Mongolia, Myanmar, Nepal, Pakistan, Saudi Arabia, South Korea, Sri Lanka, Syria, Thailand,
Vietnam, Yemen; Europe=Albania, Austria, Belgium, Bulgaria, Croatia, the Czech Republic, Denmark, Estonia,
Finland, France, Germany, Greece, Hungary, Iceland, Ireland, Italy, Latvia, Lithuania, the Netherlands,
Norway, Poland, Portugal, Romania, Serbia, Slovakia, Spain, Sweden, Switzerland; North America=the Bahamas,
Barbados, Belize, Canada, Costa Rica, Cuba, the Dominican Republic, El Salvador, Grenada, Guatemala, Haiti,
Honduras, Jamaica, Mexico, Nicaragua, Panama, the United States; South America=Argentina, Bolivia, Brazil,
Chile, Colombia, Ecuador, Guyana, Paraguay, Peru, Suriname, Uruguay, Venezuela
"""

ELEMENTS = """
hydrogen=H; helium=He; lithium=Li; beryllium=Be; boron=B; carbon=C; nitrogen=N; oxygen=O; fluorine=F;
neon=Ne; sodium=Na; magnesium=Mg; aluminum=Al; silicon=Si; phosphorus=P; sulfur=S; chlorine=Cl; argon=Ar;
potassium=K; calcium=Ca; scandium=Sc; titanium=Ti; vanadium=V; chromium=Cr; manganese=Mn; iron=Fe;
cobalt=Co; nickel=Ni; copper=Cu; zinc=Zn; gallium=Ga; germanium=Ge; arsenic=As; selenium=Se; bromine=Br;
krypton=Kr; rubidium=Rb; strontium=Sr; yttrium=Y; zirconium=Zr; niobium=Nb; molybdenum=Mo; technetium=Tc;
ruthenium=Ru; rhodium=Rh; palladium=Pd; silver=Ag; cadmium=Cd; indium=In; tin=Sn; antimony=Sb; tellurium=Te;
iodine=I; xenon=Xe; cesium=Cs; barium=Ba; lanthanum=La; cerium=Ce; praseodymium=Pr; neodymium=Nd;
promethium=Pm; samarium=Sm; europium=Eu; gadolinium=Gd; terbium=Tb; dysprosium=Dy; holmium=Ho; erbium=Er;
thulium=Tm; ytterbium=Yb; lutetium=Lu; hafnium=Hf; tantalum=Ta; tungsten=W; rhenium=Re; osmium=Os;
iridium=Ir; platinum=Pt; gold=Au; mercury=Hg; thallium=Tl; lead=Pb; bismuth=Bi; polonium=Po; astatine=At;
radon=Rn; francium=Fr; radium=Ra; actinium=Ac; thorium=Th; protactinium=Pa; uranium=U; neptunium=Np;
plutonium=Pu
"""

CATEGORIES = """
fish=salmon, trout, tuna, cod, herring, carp, shark, sardine; bird=robin, sparrow, eagle, owl, penguin,
parrot, crow, pigeon; insect=bee, ant, beetle, butterfly, mosquito, fly, grasshopper, wasp; tree=pine, oak,
maple, birch, willow, elm, spruce, cedar; flower=rose, tulip, daisy, lily, orchid, daffodil, carnation,
marigold; fruit=banana, pear, peach, grape, mango, cherry, plum, apricot; vegetable=carrot, turnip, cabbage,
radish, leek, potato, cauliflower, parsnip; reptile=snake, lizard, crocodile, turtle, alligator, iguana,
gecko, tortoise; tool=hammer, screwdriver, saw, wrench, chisel, drill, shovel, spanner; dog=poodle, beagle,
dachshund, bulldog, terrier, collie, greyhound, labrador; dance=waltz, tango, polka, foxtrot, rumba, samba,
bolero, minuet; boat|ship|vessel=canoe, kayak, yacht, ferry, raft, gondola, dinghy, schooner
"""
