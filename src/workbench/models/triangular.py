"""Triangular factors of large matrices, in place: a copy of one costs a gigabyte, a full product twice the time."""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_solve, get_blas_funcs, get_lapack_funcs

from workbench.records import Matrix


def cholesky(matrix: Matrix) -> Matrix:
    """The lower factor of a symmetric matrix, in its place where it is in C order; only its upper triangle is read.

    Raises:
        LinAlgError: not positive definite.
    """
    (potrf,) = get_lapack_funcs(("potrf",), (matrix,))
    lower, failed = potrf(np.asfortranarray(matrix.T), lower=1, overwrite_a=1, clean=1)
    if failed:
        raise np.linalg.LinAlgError("the kernel matrix is not positive definite: raise alpha")
    found: Matrix = lower
    return found


def inverse(lower: Matrix) -> Matrix:
    """Of a lower triangle in Fortran order, in its place."""
    (trtri,) = get_lapack_funcs(("trtri",), (lower,))
    found: Matrix = trtri(lower, lower=1, overwrite_c=1)[0]
    return found


def times(lower: Matrix, rows: Matrix) -> Matrix:
    """The lower triangle times the transpose of ``rows``, in place of ``rows`` where they are in C order."""
    (trmm,) = get_blas_funcs(("trmm",), (lower, rows))
    found: Matrix = trmm(1.0, lower, rows.T, lower=1, overwrite_b=1)
    return found


def plus_square(total: Matrix, features: Matrix) -> Matrix:
    """``total`` plus ``features`` times its transpose, lower triangle only, in its place where in Fortran order."""
    (syrk,) = get_blas_funcs(("syrk",), (total, features))
    found: Matrix = syrk(1.0, features, beta=1.0, c=total, lower=1, overwrite_c=1)
    return found


def solve(gram: Matrix, targets: Matrix) -> tuple[Matrix, Matrix]:
    """Dual coefficients, and what a fit without each row would say of it; overwrites ``gram``, which has the ridge on
    its diagonal."""
    lower = cholesky(gram)
    dual: Matrix = cho_solve((lower, True), targets, check_finite=False)
    backward = inverse(lower)
    diagonal = np.einsum("ij,ij->j", backward, backward)
    return dual, targets - dual / diagonal[:, None]
