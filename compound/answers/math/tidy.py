"""From text to tidy LaTeX: one spelling for each command, and where such a text parts.

Typography, thousands that are grouped, mixed numbers and plain roots become LaTeX; spacing and sizes go.
"""

from __future__ import annotations

import re

_TYPOGRAPHY = str.maketrans(
    {"−": "-", "–": "-", "×": "\\cdot ", "·": "\\cdot ", "⋅": "\\cdot ", "∗": "\\cdot ", "÷": "/",
     "π": "\\pi ", "∞": "\\infty ", "≤": "\\le ", "≥": "\\ge ", "≠": "\\ne ", "∪": "\\cup ", "∩": "\\cap ",
     "²": "^{2}", "³": "^{3}", "⁴": "^{4}", "±": "\\pm ", "∈": "\\in ", "θ": "\\theta ", "∅": "\\emptyset ",
     "½": "\\frac{1}{2}", "⅓": "\\frac{1}{3}", "⅔": "\\frac{2}{3}", "¼": "\\frac{1}{4}", "¾": "\\frac{3}{4}",
     "°": "", "’": "'", "\u00a0": " ", "\u2009": " ", "\u202f": " "}
)  # fmt: skip
_SAME = {
    "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "times": "cdot", "ast": "cdot", "leq": "le", "geq": "ge",
    "leqslant": "le", "geqslant": "ge", "lt": "<", "gt": ">", "neq": "ne", "div": "/", "varnothing": "emptyset",
    "lbrace": "{", "rbrace": "}", "lbrack": "[", "rbrack": "]", "lvert": "|", "rvert": "|", "vert": "|",
    "mbox": "text", "mathrm": "text", "textbf": "text", "textit": "text", "mathbf": "text", "textrm": "text",
    "operatorname": "text", "rm": "text", "bf": "text", "land": "cap", "lor": "cup",
    "mathit": "text", "textnormal": "text",
    "textsf": "text", "boldsymbol": "text", "implies": "to", "Rightarrow": "to",
}  # fmt: skip
_DROPPED = {
    *"left right big Big bigg Bigg bigl bigr Bigl Bigr displaystyle limits quad qquad circ degree".split(),
    *",!;: $%~()",
}
_COMMAND = re.compile(r"\\(?:([A-Za-z]+)|(.))\s*", re.DOTALL)
_GROUPED = re.compile(r"(?<=\d)(?:,\s?\\!|\{,\}|\\[,!])\s*(?=\d{3}(?!\d))")
_MIXED = re.compile(r"(?<![\d.,})^/_\]])(\d{1,60})\s+(\d{1,60})\s?/\s?(\d{1,60})(?![\d./])")
_PLAIN_ROOT = re.compile(r"(?<![\\A-Za-z])sqrt\s*\(([^()]*)\)|√\s*(?:\(([^()]*)\)|(\d+(?:\.\d+)?|[A-Za-z]))")
FUNCTIONS = "arcsin arccos arctan sinh cosh tanh sin cos tan cot sec csc log ln exp".split()
PLAIN_WORD = re.compile(rf"(?<![\\A-Za-z{{])(pi|infinity|theta|{'|'.join(FUNCTIONS)})(?![A-Za-z])")
_UNITS = "|".join(
    "degrees? radians? inch(?:es)? feet foot ft miles? mi yards? yd cm mm km meters? metres? kilometers? "
    "centimeters? seconds? minutes? hours? hrs? days? weeks? months? years? dollars? cents? percent units? points? "
    "kg grams? pounds? lbs? ounces? oz mph km/h m/s apples? students? people ways? liters? gallons?".split()
)
TRAILING = re.compile(
    r"(?<=[\d})\]A-Za-z.])\s*(?:\\text\{(?!\s*(?:and|or)\s*\})[^{}]*\}"
    rf"|(?<=[\d}}) ])(?:sq\.?|square|cubic)?\s*(?:{_UNITS})(?![A-Za-z]))\s*(?:\^\{{?\d\}}?)?\s*\.?$"
)
TEXT = re.compile(r"\\text\s*\{([^{}]*)\}")
RELATION = re.compile(r"\\(?:le|ge|ne|in)(?![A-Za-z])|[=<>]")
ASSIGNED = re.compile(r"(?:[A-Za-z]|\\[a-z]+)(?:_\{?\w\}?)?(?:\((?:[A-Za-z])\))?$")
TOKEN = re.compile(r"\\(?:[A-Za-z]+|.)|\d+(?:\.\d+)?|\.\d+|[A-Za-z]|\S", re.DOTALL)


def tidy(text: str) -> str:
    """LaTeX with one spelling for each command, no spacing commands, no units in front or behind."""
    text = _GROUPED.sub("", text.translate(_TYPOGRAPHY).replace("**", "^").replace("*", "\\cdot "))
    text = text.replace("\\text{,}", ",")

    def command(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name in _DROPPED:
            return " " if name in (" ", "~", "quad", "qquad", ";", ":", ",") else ""
        name = _SAME.get(name, name)
        if name in ("<", ">", "/", "[", "]", "|"):
            return name
        return f"\\{name}" + (" " if match[0][-1].isspace() and match[1] else "")

    text = _COMMAND.sub(command, text).replace("$", "").replace("%", "").replace("~", " ")
    text = text.replace("bmatrix}", "pmatrix}").replace("\\text {", "\\text{")
    text = re.sub(r"\^\s*\{\s*\}|\^(?=\s*(?:$|[,;)\]}&]|\\\\|\\text))", "", text)
    text = _PLAIN_ROOT.sub(lambda m: f"\\sqrt{{{m[1] or m[2] or m[3]}}}", text)
    text = _MIXED.sub(r"\1\\frac{\2}{\3}", text)
    return " ".join(text.split()).rstrip(".,; ").strip()


def pieces(text: str, separator: str) -> list[str]:
    """The parts between separators that stand in no bracket; one part where brackets do not match."""
    parts, depth, start = [], 0, 0
    for piece in TOKEN.finditer(text):
        if piece[0] in ("(", "[", "{", "\\{", "\\begin"):
            depth += 1
        elif piece[0] in (")", "]", "}", "\\}", "\\end"):
            depth -= 1
        elif piece[0] == separator and depth == 0:
            parts.append(text[start : piece.start()])
            start = piece.end()
        if depth < 0:
            return [text]
    return [part.strip() for part in (*parts, text[start:])] if depth == 0 else [text]


def wrapped(text: str) -> tuple[str, str, str] | None:
    """The opening bracket, the inside and the closing one, where one pair encloses the whole text."""
    tokens, depth = list(TOKEN.finditer(text)), 0
    if len(tokens) < 2 or tokens[0][0] not in ("(", "[", "{", "\\{") or tokens[-1][0] not in (")", "]", "}", "\\}"):
        return None
    for piece in tokens[:-1]:
        depth += (piece[0] in ("(", "[", "{", "\\{")) - (piece[0] in (")", "]", "}", "\\}"))
        if depth <= 0:
            return None
    inside = text[tokens[0].end() : tokens[-1].start()].strip()
    return (tokens[0][0], inside, tokens[-1][0]) if depth == 1 else None
