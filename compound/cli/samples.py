"""`compound samples`: import, info, export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from compound.store.pools import Facts

app = typer.Typer(
    name="samples",
    help="Recorded samples: import them as the model and task recorded/NAME, look at them, export them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Pools = Annotated[
    Path | None,
    typer.Option("--pools", envvar="COMPOUND_POOLS", help="The folder of pools; default results/pools."),
]


@app.command("import")
def import_(
    source: Annotated[str, typer.Argument(help="A file, a folder of a data set, or a hub id, owner/name:config.")],
    name: Annotated[str, typer.Option("--name", help="What the pool is called.")],
    format: Annotated[str, typer.Option(help="auto, jsonl, recorded, inspect, lm-eval or monkeys.")] = "auto",
    fields: Annotated[
        list[str] | None,
        typer.Option("--map", help="OURS=THEIRS: question, gold, text, answer, correct, …; may be repeated."),
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="Only samples like this, temperature=0.7; may be repeated.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="Read answers out of the texts by this kind; else the recorded ones.")
    ] = None,
    state: Annotated[
        list[str] | None, typer.Option(help="What the file does not say, model=llama-3-8b; may be repeated.")
    ] = None,
    mixed: Annotated[bool, typer.Option("--mixed", help="Accept several models, temperatures or prompts.")] = False,
    greedy: Annotated[bool, typer.Option("--greedy", help="Keep temperature 0 apart, as the baseline.")] = False,
    ignore_correct: Annotated[
        bool, typer.Option("--ignore-correct", help="Grade by the gold, not by flags.")
    ] = False,
    at_least: Annotated[int, typer.Option(help="Leave out questions with fewer samples.")] = 0,
    price: Annotated[
        str | None, typer.Option(help="Dollars per million prompt/completion tokens: 0.5/1.5.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="The split of a data set with several.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Put it in the place of a pool of that name.")] = False,
    pools: Pools = None,
) -> None:
    """Import samples as a pool, whole or not at all."""
    from compound.store.pools import import_samples
    from compound.store.pools.mixture import pairs

    wanted: dict[str, list[str]] = {}
    for key, value in pairs(where or [], "--where"):
        wanted.setdefault(key, []).append(value)
    done = import_samples(
        source,
        name,
        format=format,
        fields=dict(pairs(fields or [], "--map")),
        where=wanted,
        kind=kind,
        mixed=mixed,
        greedy=greedy,
        ignore_correct=ignore_correct,
        at_least=at_least,
        price=_price(price),
        stated={key: _value(key, value) for key, value in pairs(state or [], "--state")},
        split=split,
        pools=pools,
        replace=replace,
    )
    _print(done.facts)
    n = done.facts.most()
    own = f"recorded/{done.facts.name}"
    print(f'{done.path}   model: {own}   tasks: [{own}]   strategies: ["vote(single, n={n})"]')


def _price(given: str | None) -> tuple[float, float] | None:
    from compound.store.pools import SamplesError

    if given is None:
        return None
    try:
        into, _, out = given.partition("/")
        prices = float(into) / 1e6, float(out or into) / 1e6
    except ValueError:
        prices = (-1.0, -1.0)
    if not all(0 <= price < 1 for price in prices):
        raise SamplesError(
            f"--price {given}: say dollars per million prompt and completion tokens: --price 0.5/1.5"
        )
    return prices


def _value(name: str, value: str) -> str | float:
    try:
        return float(value) if name != "model" and name != "prompt_style" else value
    except ValueError:
        return value


@app.command()
def info(
    name: Annotated[str | None, typer.Argument(help="A pool, or a samples.db; without: all pools.")] = None,
    pools: Pools = None,
) -> None:
    """What a pool or a sample store holds."""
    from compound.store.pools import Pool, folder, names
    from compound.store.pools.describe import store_lines

    if name is None:
        for each in names(pools):
            with Pool(each, pools) as pool:
                print(
                    f"{pool.facts.label:<40}{pool.facts.questions:>8,} questions {pool.facts.samples:>10,} samples"
                )
        print(f"in {folder(pools)}")
    elif Path(name).is_file():
        print("\n".join(store_lines(Path(name))))
    else:
        with Pool(name, pools) as pool:
            _print(pool.facts)


def _print(facts: Facts) -> None:
    from compound.store.pools.describe import pool_lines

    print("\n".join(pool_lines(facts)))


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="A pool, or the path of a samples.db.")],
    to: Annotated[Path, typer.Option("--to", help="….jsonl, ….jsonl.gz, ….parquet, or a folder (datasets).")],
    sft: Annotated[
        bool, typer.Option("--sft", help="A training set: samples that agree with the majority.")
    ] = False,
    verified: Annotated[
        bool, typer.Option("--verified", help="With --sft: samples that are graded right.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--every", help="With --sft: all such samples, not one a question.")
    ] = False,
    style: Annotated[
        str, typer.Option(help="With --sft: messages, or prompt (prompt and completion).")
    ] = "messages",
    pools: Pools = None,
) -> None:
    """Write a pool or a sample store to a file, or a training set out of a pool."""
    from compound.store.pools import SamplesError
    from compound.store.pools.exporting import export as export_samples
    from compound.store.pools.training import export_training

    if not sft:
        if verified or every or style != "messages":
            raise SamplesError("--verified, --every and --style go with --sft")
        print(f"{export_samples(name, to, pools=pools):,} samples in {to}")
        return
    if style not in ("messages", "prompt"):
        raise SamplesError(f"--style {style}: there is: messages, prompt")
    found = export_training(
        name, to, verified=verified, every=every, style="prompt" if style == "prompt" else "messages", pools=pools
    )
    each = found.usd_each
    price = "at an unknown price each" if each is None else f"for ${each:.6f} each, thrown-away samples included"
    print(f"{found.examples:,} examples of {found.kept:,} of {found.questions:,} questions in {to}, {price}")


Store = Annotated[Path, typer.Option("--store", help="The sample store.")]


@app.command()
def dump(
    to: Annotated[Path, typer.Argument(help="A file, ….jsonl.gz.")], store: Store = Path("results/samples.db")
) -> None:
    """Write a whole sample store to one small file that `restore` reads: the same draws, the same samples."""
    from compound.store import SampleStore
    from compound.store.dump import dump as write

    with SampleStore(store) as samples:
        print(f"{write(samples, to):,} samples in {to}")


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="A file that `dump` wrote.")],
    store: Store = Path("results/samples.db"),
) -> None:
    """Put the samples of a dump into a store: runs on it buy only what is missing."""
    from compound.store import SampleStore
    from compound.store.dump import restore as read

    with SampleStore(store) as samples:
        print(f"{read(source, samples):,} samples of {source} are in {store}")
