// SPDX-License-Identifier: Apache-2.0
// LAPACK is Fortran and Debian's OpenBLAS brings no C header for it: these are the two routines
// used, as gfortran exports them (everything by address, lengths of strings last).
#pragma once
#include <stddef.h>
#include <stdint.h>

// The Cholesky factor of a symmetric positive definite matrix in rectangular full packed format, in
// place.
void dpftrf_(
    const char *transposed, const char *triangle, const int32_t *order, double *matrix,
    int32_t *info, size_t transposedLength, size_t triangleLength);

// Solves with the factor of dpftrf_, in place.
void dpftrs_(
    const char *transposed, const char *triangle, const int32_t *order,
    const int32_t *rightHandSides, const double *factor, double *solution,
    const int32_t *solutionLeadingDimension, int32_t *info, size_t transposedLength,
    size_t triangleLength);

// How many threads OpenBLAS uses, in the whole process.
void openblas_set_num_threads(int count);
