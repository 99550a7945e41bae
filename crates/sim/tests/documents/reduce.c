// Reductions, and systems of equations.
#include "harness.h"

CASE(amax_of_the_last_dimension, "aclnnAmax: the greatest element along dim") {
    tensor a = F32(DIMS(2, 3), 1, 9, 5, -7, -3, -4), out = OUT(ACL_FLOAT, DIMS(2));
    RUN(aclnnAmax, a.handle, INTS(-1), false, out.handle);
    EXPECT(out, 9, -3);
    return NULL;
}

CASE(amax_of_several_dimensions, "aclnnAmax: dim names any dimensions; keepDim leaves ones") {
    // [[[1, 8], [3, 4]], [[5, 2], [7, 6]]]: over the first and the last, what is left is the middle.
    tensor a = I32(DIMS(2, 2, 2), 1, 8, 3, 4, 5, 2, 7, 6), out = OUT(ACL_INT32, DIMS(1, 2, 1));
    RUN(aclnnAmax, a.handle, INTS(0, 2), true, out.handle);
    EXPECT(out, 8, 7);
    return NULL;
}

CASE(amax_of_everything, "aclnnAmax: no dimension named are all of them") {
    tensor a = F16(DIMS(2, 2), -4, -2.5, -3, -8), out = OUT(ACL_FLOAT16, DIMS(1));
    RUN(aclnnAmax, a.handle, INTS(0, 1), false, out.handle);
    EXPECT(out, -2.5);
    return NULL;
}

CASE(amax_of_a_dimension_twice_is_refused, "aclnnAmax: each dimension of dim once") {
    tensor a = F32(DIMS(2, 2), 1, 2, 3, 4), out = OUT(ACL_FLOAT, DIMS(2));
    REFUSES(aclnnAmax, a.handle, INTS(1, -1), false, out.handle);
    return NULL;
}

CASE(triangular_solve_reads_one_triangle, "aclnnTriangularSolve: A x = b, as torch.triangular_solve") {
    // [[2, 0], [1, 4]] x = [2, 9]: x = [1, 2]. The 50 above the diagonal is not read.
    tensor b = F32(DIMS(2, 1), 2, 9), a = F32(DIMS(2, 2), 2, 50, 1, 4), x = OUT(ACL_FLOAT, DIMS(2, 1)), m = OUT(ACL_FLOAT, DIMS(2, 2));
    RUN(aclnnTriangularSolve, b.handle, a.handle, false, false, false, x.handle, m.handle);
    EXPECT(x, 1, 2);
    EXPECT(m, 2, 50, 1, 4);
    return NULL;
}

CASE(triangular_solve_of_an_upper_triangle, "aclnnTriangularSolve: upper") {
    // [[2, 1], [0, 4]] x = [[4, 2], [8, 4]]: the second row first, then (4 - 2) / 2 and (2 - 1) / 2.
    tensor b = F32(DIMS(2, 2), 4, 2, 8, 4), a = F32(DIMS(2, 2), 2, 1, 50, 4), x = OUT(ACL_FLOAT, DIMS(2, 2)), m = OUT(ACL_FLOAT, DIMS(2, 2));
    RUN(aclnnTriangularSolve, b.handle, a.handle, true, false, false, x.handle, m.handle);
    EXPECT(x, 1, 0.5, 2, 1);
    return NULL;
}

CASE(triangular_solve_of_the_transpose, "aclnnTriangularSolve: transpose") {
    // The transpose of [[2, 0], [1, 4]] is [[2, 1], [0, 4]].
    tensor b = F32(DIMS(2, 1), 4, 8), a = F32(DIMS(2, 2), 2, 50, 1, 4), x = OUT(ACL_FLOAT, DIMS(2, 1)), m = OUT(ACL_FLOAT, DIMS(2, 2));
    RUN(aclnnTriangularSolve, b.handle, a.handle, false, true, false, x.handle, m.handle);
    EXPECT(x, 1, 2);
    return NULL;
}

CASE(triangular_solve_with_ones_on_the_diagonal, "aclnnTriangularSolve: unitriangular") {
    tensor b = F32(DIMS(2, 1), 2, 9), a = F32(DIMS(2, 2), 2, 0, 1, 4), x = OUT(ACL_FLOAT, DIMS(2, 1)), m = OUT(ACL_FLOAT, DIMS(2, 2));
    RUN(aclnnTriangularSolve, b.handle, a.handle, false, false, true, x.handle, m.handle);
    EXPECT(x, 2, 7);
    return NULL;
}
