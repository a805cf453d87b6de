"""The quadrature rule that replaces the axis of ties."""

from __future__ import annotations

import numpy as np
import pytest

from compound.stats._quadrature import gauss_legendre


@pytest.mark.parametrize("m", [1, 2, 3, 8, 51, 515])
def test_the_rule_is_exact_to_degree_2m_minus_1_and_no_further(m: int) -> None:
    nodes, weights = gauss_legendre(m)
    assert nodes.shape == weights.shape == (m,)
    degrees = np.unique([0, 1, m // 2, m, 2 * m - 2, 2 * m - 1])
    moments = (weights * nodes ** degrees[:, None]).sum(axis=1)
    np.testing.assert_allclose(moments, 1 / (degrees + 1), rtol=1e-13)
    if m <= 8:
        assert abs((weights * nodes ** (2 * m)).sum() * (2 * m + 1) - 1) > 1e-10


@pytest.mark.parametrize("m", [2, 5, 16])
def test_the_rule_equals_numpy_where_numpy_is_precise(m: int) -> None:
    y, w = np.polynomial.legendre.leggauss(m)
    np.testing.assert_allclose(gauss_legendre(m).nodes, (1 + y) / 2, atol=1e-15)
    np.testing.assert_allclose(gauss_legendre(m).weights, w / 2, atol=1e-15)
