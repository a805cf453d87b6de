"""Mathematics: `\\frac{1}{2}`, `3\\sqrt{13}`, `(3,4]`, `\\{1,-2\\}`, `2k+2`, matrices, equations, single words.

A value is a canonical string: a rational number as the `number` kind writes it (`0.5`, `1/3`), else tidy LaTeX.
Two values are compared in three steps, and only the last one leaves this process:

1. *Equal for sure*: both formulas, evaluated with random numbers modulo a prime in place of every symbol and every
   root, give the same. This decides all of rational algebra (`2(k+1)` and `2k+2`; wrong once in 10^36 pairs).
2. *Different for sure*: their numerical values differ by more than the rounding errors, which are added up.
3. Else math-verify's parser and sympy decide in a worker process, which is killed after `SECONDS` (`worker`).
   Results are kept. What is no number or known command, or has a huge power, is compared as text.

Structure is compared part by part: `(3,4)` is a tuple or an open interval, never 34; order counts in it, and not in
sets and lists (`1, -2` is `\\{-2,1\\}`). Brackets count. `x = 5` is 5, and `y = 2x` is `2x`.
Units, degree, percent and dollar signs are dropped: 50% is 50, never 0.5. `52_8` is only itself. A `±` is two
values. `-2 \\le x \\le 7` is `[-2,7]`. Symbols stand for positive numbers where a difference is looked for. Nothing
is rounded, ever.
A formula without a value, as `1/(1+i^2)`, is equal to what has the same algebra.
Not covered: units that differ (5 m and 5 km are one answer), equations that are equivalent only after solving,
functions without brackets in step 2, `1,200` in a list (outside brackets it is a number).
"""

from compound.answers.math.comparer import COMPARER, Tally, tally
from compound.answers.math.equality import equal
from compound.answers.math.kind import Math
from compound.answers.math.values import value_of

__all__ = ["COMPARER", "Math", "Tally", "equal", "tally", "value_of"]
