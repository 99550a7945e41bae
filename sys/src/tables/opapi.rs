//! `libopapi.so`, the aclnn operators.
//!
//! Made from `sys/include` by `cargo run -p xtask -- bindings`.

use core::ffi::*;

use crate::ffi::*;
use crate::table::table;

table! {
    /// `libopapi.so`, the aclnn operators.
    pub struct OpApi in "libopapi.so";

    // Matrix products, quantised products, weight layouts, convolution.
    status fn aclnnAddmm(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAddmm" since "8.1";
    status fn aclnnAddmmGetWorkspaceSize(
        self_: *const aclTensor, mat1: *const aclTensor, mat2: *const aclTensor, beta: *const aclScalar, alpha: *const aclScalar,
        out: *mut aclTensor, cubeMathType: i8, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAddmmGetWorkspaceSize" since "8.1";
    status fn aclnnBaddbmm(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnBaddbmm" since "8.1";
    status fn aclnnBaddbmmGetWorkspaceSize(
        self_: *const aclTensor, batch1: *const aclTensor, batch2: *const aclTensor, beta: *const aclScalar, alpha: *const aclScalar,
        out: *mut aclTensor, cubeMathType: i8, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnBaddbmmGetWorkspaceSize" since "8.1";
    status fn aclnnBatchMatMul(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnBatchMatMul" since "8.1";
    status fn aclnnBatchMatMulGetWorkspaceSize(
        self_: *const aclTensor, mat2: *const aclTensor, out: *mut aclTensor, cubeMathType: i8, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnBatchMatMulGetWorkspaceSize" since "8.1";
    status fn aclnnBatchMatMulWeightNz(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnBatchMatMulWeightNz" since "8.3";
    status fn aclnnBatchMatMulWeightNzGetWorkspaceSize(
        self_: *const aclTensor, mat2: *const aclTensor, out: *mut aclTensor, cubeMathType: i8, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnBatchMatMulWeightNzGetWorkspaceSize" since "8.3";
    status fn aclnnCalculateConvolutionWeightSize(
        tensorShape: *const aclIntArray, transposed: bool, groups: i64, dataType: aclDataType, weightTensorSize: *mut u64,
    ) -> aclnnStatus = "aclnnCalculateConvolutionWeightSize" since "8.1";
    status fn aclnnCalculateMatmulWeightSize(
        tensorShape: *const aclIntArray, weightTensorSize: *mut u64,
    ) -> aclnnStatus = "aclnnCalculateMatmulWeightSize" since "8.1";
    status fn aclnnCalculateMatmulWeightSizeV2(
        tensorShape: *const aclIntArray, dataType: aclDataType, weightTensorSize: *mut u64,
    ) -> aclnnStatus = "aclnnCalculateMatmulWeightSizeV2" since "8.1";
    status fn aclnnConvolution(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnConvolution" since "8.1";
    status fn aclnnConvolutionGetWorkspaceSize(
        input: *const aclTensor, weight: *const aclTensor, bias: *const aclTensor, stride: *const aclIntArray, padding: *const aclIntArray,
        dilation: *const aclIntArray, transposed: bool, outputPadding: *const aclIntArray, groups: i64, output: *mut aclTensor,
        cubeMathType: i8, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnConvolutionGetWorkspaceSize" since "8.1";
    status fn aclnnMatmul(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMatmul" since "8.1";
    status fn aclnnMatmulGetWorkspaceSize(
        self_: *const aclTensor, mat2: *const aclTensor, out: *mut aclTensor, cubeMathType: i8, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMatmulGetWorkspaceSize" since "8.1";
    status fn aclnnMatmulWeightNz(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMatmulWeightNz" since "8.3";
    status fn aclnnMatmulWeightNzGetWorkspaceSize(
        self_: *const aclTensor, mat2: *const aclTensor, out: *mut aclTensor, cubeMathType: i8, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMatmulWeightNzGetWorkspaceSize" since "8.3";
    status fn aclnnMm(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMm" since "8.1";
    status fn aclnnMmGetWorkspaceSize(
        self_: *const aclTensor, mat2: *const aclTensor, out: *mut aclTensor, cubeMathType: i8, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMmGetWorkspaceSize" since "8.1";
    status fn aclnnMv(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMv" since "8.1";
    status fn aclnnMvGetWorkspaceSize(
        self_: *const aclTensor, vec: *const aclTensor, out: *mut aclTensor, cubeMathType: i8, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMvGetWorkspaceSize" since "8.1";
    status fn aclnnNpuFormatCast(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnNpuFormatCast" since "8.3";
    status fn aclnnNpuFormatCastCalculateSizeAndFormat(
        srcTensor: *const aclTensor, dstFormat: c_int, additionalDtype: c_int, dstShape: *mut *mut i64, dstShapeSize: *mut u64,
        actualFormat: *mut c_int,
    ) -> aclnnStatus = "aclnnNpuFormatCastCalculateSizeAndFormat" since "8.3";
    status fn aclnnNpuFormatCastGetWorkspaceSize(
        srcTensor: *const aclTensor, dstTensor: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnNpuFormatCastGetWorkspaceSize" since "8.3";
    status fn aclnnQuantMatmul(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnQuantMatmul" since "8.1";
    status fn aclnnQuantMatmulGetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, bias: *const aclTensor, deqScale: f32, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnQuantMatmulGetWorkspaceSize" since "8.1";
    status fn aclnnQuantMatmulV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnQuantMatmulV2" since "8.1";
    status fn aclnnQuantMatmulV2GetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, bias: *const aclTensor, deqScale: *const aclTensor, adjX1: bool, adjX2: bool,
        out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnQuantMatmulV2GetWorkspaceSize" since "8.1";
    status fn aclnnQuantMatmulV3(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnQuantMatmulV3" since "8.1";
    status fn aclnnQuantMatmulV3GetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, scale: *const aclTensor, offset: *const aclTensor, bias: *const aclTensor,
        transposeX1: bool, transposeX2: bool, out: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnQuantMatmulV3GetWorkspaceSize" since "8.1";
    status fn aclnnQuantMatmulV4(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnQuantMatmulV4" since "8.1";
    status fn aclnnQuantMatmulV4GetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, scale: *const aclTensor, offset: *const aclTensor,
        pertokenScaleOptional: *const aclTensor, bias: *const aclTensor, transposeX1: bool, transposeX2: bool, out: *const aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnQuantMatmulV4GetWorkspaceSize" since "8.1";
    status fn aclnnQuantMatmulV5(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnQuantMatmulV5" since "9.0";
    status fn aclnnQuantMatmulV5GetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, x1Scale: *const aclTensor, x2Scale: *const aclTensor, yScale: *const aclTensor,
        x1Offset: *const aclTensor, x2Offset: *const aclTensor, yOffset: *const aclTensor, bias: *const aclTensor, transposeX1: bool,
        transposeX2: bool, groupSize: i64, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnQuantMatmulV5GetWorkspaceSize" since "9.0";
    status fn aclnnQuantMatmulWeightNz(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnQuantMatmulWeightNz" since "8.1";
    status fn aclnnQuantMatmulWeightNzGetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, x1Scale: *const aclTensor, x2Scale: *const aclTensor, yScale: *const aclTensor,
        x1Offset: *const aclTensor, x2Offset: *const aclTensor, yOffset: *const aclTensor, bias: *const aclTensor, transposeX1: bool,
        transposeX2: bool, groupSize: i64, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnQuantMatmulWeightNzGetWorkspaceSize" since "8.1";
    status fn aclnnTransMatmulWeight(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnTransMatmulWeight" since "8.1";
    status fn aclnnTransMatmulWeightGetWorkspaceSize(
        mmWeightRef: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnTransMatmulWeightGetWorkspaceSize" since "8.1";
    status fn aclnnTransposeBatchMatMul(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnTransposeBatchMatMul" since "8.2";
    status fn aclnnTransposeBatchMatMulGetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, bias: *const aclTensor, scale: *const aclTensor, permX1: *const aclIntArray,
        permX2: *const aclIntArray, permY: *const aclIntArray, cubeMathType: i8, batchSplitFactor: i32, out: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnTransposeBatchMatMulGetWorkspaceSize" since "8.2";
    status fn aclnnTriangularSolve(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnTriangularSolve" since "8.1";
    status fn aclnnTriangularSolveGetWorkspaceSize(
        self_: *const aclTensor, A: *const aclTensor, upper: bool, transpose: bool, unitriangular: bool, xOut: *mut aclTensor,
        mOut: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnTriangularSolveGetWorkspaceSize" since "8.1";
    status fn aclnnWeightQuantBatchMatmul(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnWeightQuantBatchMatmul" since "8.1";
    status fn aclnnWeightQuantBatchMatmulGetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, diagonalMatrix: *const aclTensor, deqOffset: *const aclTensor,
        deqScale: *const aclTensor, addOffset: *const aclTensor, mulScale: *const aclTensor, bias: *const aclTensor, transposeX1: bool,
        transposeX2: bool, antiquantScale: f32, antiquantOffset: f32, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnWeightQuantBatchMatmulGetWorkspaceSize" since "8.1";
    status fn aclnnWeightQuantBatchMatmulV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnWeightQuantBatchMatmulV2" since "8.1";
    status fn aclnnWeightQuantBatchMatmulV2GetWorkspaceSize(
        x: *const aclTensor, weight: *const aclTensor, antiquantScale: *const aclTensor, antiquantOffsetOptional: *const aclTensor,
        quantScaleOptional: *const aclTensor, quantOffsetOptional: *const aclTensor, biasOptional: *const aclTensor,
        antiquantGroupSize: c_int, y: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnWeightQuantBatchMatmulV2GetWorkspaceSize" since "8.1";
    status fn aclnnWeightQuantBatchMatmulV3(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnWeightQuantBatchMatmulV3" since "8.1";
    status fn aclnnWeightQuantBatchMatmulV3GetWorkspaceSize(
        x: *const aclTensor, weight: *const aclTensor, antiquantScale: *const aclTensor, antiquantOffsetOptional: *const aclTensor,
        quantScaleOptional: *const aclTensor, quantOffsetOptional: *const aclTensor, biasOptional: *const aclTensor,
        antiquantGroupSize: c_int, innerPrecise: c_int, y: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnWeightQuantBatchMatmulV3GetWorkspaceSize" since "8.1";

    // Matrix products per expert, and what is fused with them.
    status fn aclnnAlltoAllvGroupedMatMul(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAlltoAllvGroupedMatMul" since "8.2";
    status fn aclnnAlltoAllvGroupedMatMulGetWorkspaceSize(
        gmmX: *const aclTensor, gmmWeight: *const aclTensor, sendCountsTensorOptional: *const aclTensor,
        recvCountsTensorOptional: *const aclTensor, mmXOptional: *const aclTensor, mmWeightOptional: *const aclTensor, group: *const c_char,
        epWorldSize: i64, sendCounts: *const aclIntArray, recvCounts: *const aclIntArray, transGmmWeight: bool, transMmWeight: bool,
        permuteOutFlag: bool, gmmY: *mut aclTensor, mmYOptional: *mut aclTensor, permuteOutOptional: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAlltoAllvGroupedMatMulGetWorkspaceSize" since "8.2";
    status fn aclnnFFN(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnFFN" since "8.1";
    status fn aclnnFFNGetWorkspaceSize(
        x: *const aclTensor, weight1: *const aclTensor, weight2: *const aclTensor, expertTokens: *const aclIntArray,
        bias1: *const aclTensor, bias2: *const aclTensor, scale: *const aclTensor, offset: *const aclTensor, deqScale1: *const aclTensor,
        deqScale2: *const aclTensor, antiquantScale1: *const aclTensor, antiquantScale2: *const aclTensor,
        antiquantOffset1: *const aclTensor, antiquantOffset2: *const aclTensor, activation: *const c_char, innerPrecise: i64,
        y: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnFFNGetWorkspaceSize" since "8.1";
    status fn aclnnFFNV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnFFNV2" since "8.1";
    status fn aclnnFFNV2GetWorkspaceSize(
        x: *const aclTensor, weight1: *const aclTensor, weight2: *const aclTensor, expertTokens: *const aclIntArray,
        bias1: *const aclTensor, bias2: *const aclTensor, scale: *const aclTensor, offset: *const aclTensor, deqScale1: *const aclTensor,
        deqScale2: *const aclTensor, antiquantScale1: *const aclTensor, antiquantScale2: *const aclTensor,
        antiquantOffset1: *const aclTensor, antiquantOffset2: *const aclTensor, activation: *const c_char, innerPrecise: i64,
        tokensIndexFlag: bool, y: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnFFNV2GetWorkspaceSize" since "8.1";
    status fn aclnnFFNV3(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnFFNV3" since "8.1";
    status fn aclnnFFNV3GetWorkspaceSize(
        x: *const aclTensor, weight1: *const aclTensor, weight2: *const aclTensor, expertTokensOptional: *const aclTensor,
        bias1Optional: *const aclTensor, bias2Optional: *const aclTensor, scaleOptional: *const aclTensor, offsetOptional: *const aclTensor,
        deqScale1Optional: *const aclTensor, deqScale2Optional: *const aclTensor, antiquantScale1Optional: *const aclTensor,
        antiquantScale2Optional: *const aclTensor, antiquantOffset1Optional: *const aclTensor, antiquantOffset2Optional: *const aclTensor,
        activation: *const c_char, innerPrecise: i64, tokensIndexFlag: bool, y: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnFFNV3GetWorkspaceSize" since "8.1";
    status fn aclnnGroupedMatMulAlltoAllv(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGroupedMatMulAlltoAllv" since "8.2";
    status fn aclnnGroupedMatMulAlltoAllvGetWorkspaceSize(
        gmmX: *const aclTensor, gmmWeight: *const aclTensor, sendCountsTensorOptional: *const aclTensor,
        recvCountsTensorOptional: *const aclTensor, mmXOptional: *const aclTensor, mmWeightOptional: *const aclTensor, group: *const c_char,
        epWorldSize: i64, sendCounts: *const aclIntArray, recvCounts: *const aclIntArray, transGmmWeight: bool, transMmWeight: bool,
        y: *mut aclTensor, mmYOptional: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGroupedMatMulAlltoAllvGetWorkspaceSize" since "8.2";
    status fn aclnnGroupedMatmul(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGroupedMatmul" since "8.1";
    status fn aclnnGroupedMatmulAdd(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGroupedMatmulAdd" since "8.1";
    status fn aclnnGroupedMatmulAddGetWorkspaceSize(
        x: *const aclTensor, weight: *const aclTensor, groupList: *const aclTensor, yRef: *mut aclTensor, transposeX: bool,
        transposeWeight: bool, groupType: i64, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGroupedMatmulAddGetWorkspaceSize" since "8.1";
    status fn aclnnGroupedMatmulFinalizeRouting(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGroupedMatmulFinalizeRouting" since "8.5";
    status fn aclnnGroupedMatmulFinalizeRoutingGetWorkspaceSize(
        x: *const aclTensor, w: *mut aclTensor, scaleOptional: *const aclTensor, biasOptional: *const aclTensor,
        pertokenScaleOptional: *const aclTensor, groupListOptional: *const aclTensor, sharedInputOptional: *const aclTensor,
        logitOptional: *const aclTensor, rowIndexOptional: *const aclTensor, dtype: i64, sharedInputWeight: f32, sharedInputOffset: i64,
        transposeX: bool, transposeW: bool, groupListType: i64, y: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGroupedMatmulFinalizeRoutingGetWorkspaceSize" since "8.5";
    status fn aclnnGroupedMatmulFinalizeRoutingV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGroupedMatmulFinalizeRoutingV2" since "8.2";
    status fn aclnnGroupedMatmulFinalizeRoutingV2GetWorkspaceSize(
        x1: *const aclTensor, x2: *mut aclTensor, scaleOptional: *const aclTensor, biasOptional: *const aclTensor,
        offsetOptional: *const aclTensor, antiquantScaleOptional: *const aclTensor, antiquantOffsetOptional: *const aclTensor,
        pertokenScaleOptional: *const aclTensor, groupListOptional: *const aclTensor, sharedInputOptional: *const aclTensor,
        logitOptional: *const aclTensor, rowIndexOptional: *const aclTensor, dtype: i64, sharedInputWeight: f32, sharedInputOffset: i64,
        transposeX1: bool, transposeX2: bool, groupListType: i64, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGroupedMatmulFinalizeRoutingV2GetWorkspaceSize" since "8.2";
    status fn aclnnGroupedMatmulFinalizeRoutingV3(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGroupedMatmulFinalizeRoutingV3" since "8.3";
    status fn aclnnGroupedMatmulFinalizeRoutingV3GetWorkspaceSize(
        x1: *const aclTensor, x2: *mut aclTensor, scaleOptional: *const aclTensor, biasOptional: *const aclTensor,
        offsetOptional: *const aclTensor, antiquantScaleOptional: *const aclTensor, antiquantOffsetOptional: *const aclTensor,
        pertokenScaleOptional: *const aclTensor, groupListOptional: *const aclTensor, sharedInputOptional: *const aclTensor,
        logitOptional: *const aclTensor, rowIndexOptional: *const aclTensor, dtype: i64, sharedInputWeight: f32, sharedInputOffset: i64,
        transposeX1: bool, transposeX2: bool, groupListType: i64, tuningConfigOptional: *const aclIntArray, out: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGroupedMatmulFinalizeRoutingV3GetWorkspaceSize" since "8.3";
    status fn aclnnGroupedMatmulFinalizeRoutingWeightNz(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGroupedMatmulFinalizeRoutingWeightNz" since "8.1";
    status fn aclnnGroupedMatmulFinalizeRoutingWeightNzGetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, scale: *const aclTensor, bias: *const aclTensor,
        pertokenScaleOptional: *const aclTensor, groupList: *const aclTensor, sharedInput: *const aclTensor, logit: *const aclTensor,
        rowIndex: *const aclTensor, dtype: i64, sharedInputWeight: f32, sharedInputOffset: i64, transposeX1: bool, transposeX2: bool,
        groupListType: i64, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGroupedMatmulFinalizeRoutingWeightNzGetWorkspaceSize" since "8.1";
    status fn aclnnGroupedMatmulFinalizeRoutingWeightNzV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGroupedMatmulFinalizeRoutingWeightNzV2" since "8.3";
    status fn aclnnGroupedMatmulFinalizeRoutingWeightNzV2GetWorkspaceSize(
        x1: *const aclTensor, x2: *mut aclTensor, scale: *const aclTensor, bias: *const aclTensor, offsetOptional: *const aclTensor,
        antiquantScaleOptional: *const aclTensor, antiquantOffsetOptional: *const aclTensor, pertokenScaleOptional: *const aclTensor,
        groupList: *const aclTensor, sharedInput: *const aclTensor, logit: *const aclTensor, rowIndex: *const aclTensor, dtype: i64,
        sharedInputWeight: f32, sharedInputOffset: i64, transposeX1: bool, transposeX2: bool, groupListType: i64,
        tuningConfigOptional: *const aclIntArray, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGroupedMatmulFinalizeRoutingWeightNzV2GetWorkspaceSize" since "8.3";
    status fn aclnnGroupedMatmulGetWorkspaceSize(
        x: *const aclTensorList, weight: *const aclTensorList, biasOptional: *const aclTensorList, scaleOptional: *const aclTensorList,
        offsetOptional: *const aclTensorList, antiquantScaleOptional: *const aclTensorList, antiquantOffsetOptional: *const aclTensorList,
        groupListOptional: *const aclIntArray, splitItem: i64, y: *const aclTensorList, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGroupedMatmulGetWorkspaceSize" since "8.1";
    status fn aclnnGroupedMatmulSwigluQuant(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGroupedMatmulSwigluQuant" since "8.1";
    status fn aclnnGroupedMatmulSwigluQuantGetWorkspaceSize(
        x: *const aclTensor, weight: *const aclTensor, bias: *const aclTensor, offset: *const aclTensor, weightScale: *const aclTensor,
        xScale: *const aclTensor, groupList: *const aclTensor, output: *mut aclTensor, outputScale: *mut aclTensor,
        outputOffset: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGroupedMatmulSwigluQuantGetWorkspaceSize" since "8.1";
    status fn aclnnGroupedMatmulSwigluQuantV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGroupedMatmulSwigluQuantV2" since "8.5";
    status fn aclnnGroupedMatmulSwigluQuantV2GetWorkspaceSize(
        x: *const aclTensor, weight: *const aclTensorList, weightScale: *const aclTensorList, weightAssistMatrix: *const aclTensorList,
        bias: *const aclTensor, xScale: *const aclTensor, smoothScale: *const aclTensor, groupList: *const aclTensor, dequantMode: i64,
        dequantDtype: i64, quantMode: i64, groupListType: i64, tuningConfig: *const aclIntArray, output: *mut aclTensor,
        outputScale: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGroupedMatmulSwigluQuantV2GetWorkspaceSize" since "8.5";
    status fn aclnnGroupedMatmulSwigluQuantWeightNZ(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGroupedMatmulSwigluQuantWeightNZ" since "8.2";
    status fn aclnnGroupedMatmulSwigluQuantWeightNZGetWorkspaceSize(
        x: *const aclTensor, weight: *const aclTensor, bias: *const aclTensor, offset: *const aclTensor, weightScale: *const aclTensor,
        xScale: *const aclTensor, groupList: *const aclTensor, output: *mut aclTensor, outputScale: *mut aclTensor,
        outputOffset: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGroupedMatmulSwigluQuantWeightNZGetWorkspaceSize" since "8.2";
    status fn aclnnGroupedMatmulSwigluQuantWeightNzV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGroupedMatmulSwigluQuantWeightNzV2" since "8.5";
    status fn aclnnGroupedMatmulSwigluQuantWeightNzV2GetWorkspaceSize(
        x: *const aclTensor, weight: *const aclTensorList, weightScale: *const aclTensorList, weightAssistMatrix: *const aclTensorList,
        bias: *const aclTensor, xScale: *const aclTensor, smoothScale: *const aclTensor, groupList: *const aclTensor, dequantMode: i64,
        dequantDtype: i64, quantMode: i64, groupListType: i64, tuningConfig: *const aclIntArray, output: *mut aclTensor,
        outputScale: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGroupedMatmulSwigluQuantWeightNzV2GetWorkspaceSize" since "8.5";
    status fn aclnnGroupedMatmulV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGroupedMatmulV2" since "8.1";
    status fn aclnnGroupedMatmulV2GetWorkspaceSize(
        x: *const aclTensorList, weight: *const aclTensorList, biasOptional: *const aclTensorList, scaleOptional: *const aclTensorList,
        offsetOptional: *const aclTensorList, antiquantScaleOptional: *const aclTensorList, antiquantOffsetOptional: *const aclTensorList,
        groupListOptional: *const aclIntArray, splitItem: i64, groupType: i64, y: *const aclTensorList, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGroupedMatmulV2GetWorkspaceSize" since "8.1";
    status fn aclnnGroupedMatmulV3(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGroupedMatmulV3" since "8.1";
    status fn aclnnGroupedMatmulV3GetWorkspaceSize(
        x: *const aclTensorList, weight: *const aclTensorList, biasOptional: *const aclTensorList, scaleOptional: *const aclTensorList,
        offsetOptional: *const aclTensorList, antiquantScaleOptional: *const aclTensorList, antiquantOffsetOptional: *const aclTensorList,
        groupListOptional: *const aclTensor, splitItem: i64, groupType: i64, y: *const aclTensorList, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGroupedMatmulV3GetWorkspaceSize" since "8.1";
    status fn aclnnGroupedMatmulV4(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGroupedMatmulV4" since "8.1";
    status fn aclnnGroupedMatmulV4GetWorkspaceSize(
        x: *const aclTensorList, weight: *const aclTensorList, biasOptional: *const aclTensorList, scaleOptional: *const aclTensorList,
        offsetOptional: *const aclTensorList, antiquantScaleOptional: *const aclTensorList, antiquantOffsetOptional: *const aclTensorList,
        perTokenScaleOptional: *const aclTensorList, groupListOptional: *const aclTensor, activationInputOptional: *const aclTensorList,
        activationQuantScaleOptional: *const aclTensorList, activationQuantOffsetOptional: *const aclTensorList, splitItem: i64,
        groupType: i64, groupListType: i64, actType: i64, out: *mut aclTensorList, activationFeatureOutOptional: *mut aclTensorList,
        dynQuantScaleOutOptional: *mut aclTensorList, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGroupedMatmulV4GetWorkspaceSize" since "8.1";
    status fn aclnnGroupedMatmulV5(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGroupedMatmulV5" since "8.2";
    status fn aclnnGroupedMatmulV5GetWorkspaceSize(
        x: *const aclTensorList, weight: *const aclTensorList, biasOptional: *const aclTensorList, scaleOptional: *const aclTensorList,
        offsetOptional: *const aclTensorList, antiquantScaleOptional: *const aclTensorList, antiquantOffsetOptional: *const aclTensorList,
        perTokenScaleOptional: *const aclTensorList, groupListOptional: *const aclTensor, activationInputOptional: *const aclTensorList,
        activationQuantScaleOptional: *const aclTensorList, activationQuantOffsetOptional: *const aclTensorList, splitItem: i64,
        groupType: i64, groupListType: i64, actType: i64, tuningConfigOptional: *mut aclIntArray, out: *mut aclTensorList,
        activationFeatureOutOptional: *mut aclTensorList, dynQuantScaleOutOptional: *mut aclTensorList, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGroupedMatmulV5GetWorkspaceSize" since "8.2";
    status fn aclnnGroupedMatmulWeightNz(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGroupedMatmulWeightNz" since "8.2";
    status fn aclnnGroupedMatmulWeightNzGetWorkspaceSize(
        x: *const aclTensorList, weight: *const aclTensorList, biasOptional: *const aclTensorList, scaleOptional: *const aclTensorList,
        offsetOptional: *const aclTensorList, antiquantScaleOptional: *const aclTensorList, antiquantOffsetOptional: *const aclTensorList,
        perTokenScaleOptional: *const aclTensorList, groupListOptional: *const aclTensor, activationInputOptional: *const aclTensorList,
        activationQuantScaleOptional: *const aclTensorList, activationQuantOffsetOptional: *const aclTensorList, splitItem: i64,
        groupType: i64, groupListType: i64, actType: i64, tuningConfigOptional: *mut aclIntArray, quantGroupSize: i64,
        out: *mut aclTensorList, activationFeatureOutOptional: *mut aclTensorList, dynQuantScaleOutOptional: *mut aclTensorList,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGroupedMatmulWeightNzGetWorkspaceSize" since "8.2";
    status fn aclnnQuantGroupedMatmulDequant(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnQuantGroupedMatmulDequant" since "8.1";
    status fn aclnnQuantGroupedMatmulDequantGetWorkspaceSize(
        x: *const aclTensor, weight: *const aclTensor, weightScale: *const aclTensor, groupList: *const aclTensor,
        biasOptional: *const aclTensor, xScaleOptional: *const aclTensor, xOffsetOptional: *const aclTensor,
        smoothScaleOptional: *const aclTensor, xQuantMode: *mut c_char, transposeWeight: bool, out: *const aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnQuantGroupedMatmulDequantGetWorkspaceSize" since "8.1";

    // Mixture-of-experts gating, routing and finalisation.
    status fn aclnnMoeComputeExpertTokens(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeComputeExpertTokens" since "8.1";
    status fn aclnnMoeComputeExpertTokensGetWorkspaceSize(
        sortedExperts: *const aclTensor, numExperts: i64, out: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeComputeExpertTokensGetWorkspaceSize" since "8.1";
    status fn aclnnMoeFinalizeRouting(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeFinalizeRouting" since "8.1";
    status fn aclnnMoeFinalizeRoutingGetWorkspaceSize(
        expandedX: *const aclTensor, x1: *const aclTensor, x2Optional: *const aclTensor, bias: *const aclTensor, scales: *const aclTensor,
        expandedRowIdx: *const aclTensor, expandedExpertIdx: *const aclTensor, out: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeFinalizeRoutingGetWorkspaceSize" since "8.1";
    status fn aclnnMoeFinalizeRoutingV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeFinalizeRoutingV2" since "8.1";
    status fn aclnnMoeFinalizeRoutingV2GetWorkspaceSize(
        expandedX: *const aclTensor, expandedRowIdx: *const aclTensor, x1Optional: *const aclTensor, x2Optional: *const aclTensor,
        biasOptional: *const aclTensor, scalesOptional: *const aclTensor, expertIdxOptional: *const aclTensor, dropPadMode: i64,
        out: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeFinalizeRoutingV2GetWorkspaceSize" since "8.1";
    status fn aclnnMoeFinalizeRoutingV2Grad(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeFinalizeRoutingV2Grad" since "8.1";
    status fn aclnnMoeFinalizeRoutingV2GradGetWorkspaceSize(
        gradY: *const aclTensor, expandedRowIdx: *const aclTensor, expandedXOptional: *const aclTensor, scalesOptional: *const aclTensor,
        expertIdxOptional: *const aclTensor, biasOptional: *const aclTensor, dropPadMode: i64, activeNum: i64, expertNum: i64,
        expertCapacity: i64, gradExpandedXOut: *const aclTensor, gradScalesOut: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeFinalizeRoutingV2GradGetWorkspaceSize" since "8.1";
    status fn aclnnMoeFinalizeRoutingV4(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeFinalizeRoutingV4" since "9.0";
    status fn aclnnMoeFinalizeRoutingV4GetWorkspaceSize(
        expandedX: *const aclTensor, expandedRowIdx: *const aclTensor, x1Optional: *const aclTensor, x2Optional: *const aclTensor,
        biasOptional: *const aclTensor, scalesOptional: *const aclTensor, expertIdxOptional: *const aclTensor, xOptional: *const aclTensor,
        alpha1Optional: *const aclTensor, alpha2Optional: *const aclTensor, vOptional: *const aclTensor, dropPadMode: i64,
        zeroExpertRange: *const aclIntArray, copyExpertRange: *const aclIntArray, constantExpertRange: *const aclIntArray, k: i64,
        out: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeFinalizeRoutingV4GetWorkspaceSize" since "9.0";
    status fn aclnnMoeFusedTopk(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeFusedTopk" since "8.3";
    status fn aclnnMoeFusedTopkGetWorkspaceSize(
        x: *const aclTensor, addNum: *const aclTensor, mappingNum: *const aclTensor, mappingTable: *const aclTensor, groupNum: u32,
        groupTopk: u32, topN: u32, topK: u32, activateType: u32, isNorm: bool, scale: f32, enableExpertMapping: bool, y: *mut aclTensor,
        indices: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeFusedTopkGetWorkspaceSize" since "8.3";
    status fn aclnnMoeGatingTopK(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeGatingTopK" since "8.2";
    status fn aclnnMoeGatingTopKGetWorkspaceSize(
        x: *const aclTensor, biasOptional: *const aclTensor, k: i64, kGroup: i64, groupCount: i64, groupSelectMode: i64, renorm: i64,
        normType: i64, outFlag: bool, routedScalingFactor: f64, eps: f64, yOut: *const aclTensor, expertIdxOut: *const aclTensor,
        outOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeGatingTopKGetWorkspaceSize" since "8.2";
    status fn aclnnMoeGatingTopKSoftmax(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeGatingTopKSoftmax" since "8.1";
    status fn aclnnMoeGatingTopKSoftmaxGetWorkspaceSize(
        x: *const aclTensor, finishedOptional: *const aclTensor, k: i64, yOut: *const aclTensor, expertIdxOut: *const aclTensor,
        rowIdxOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeGatingTopKSoftmaxGetWorkspaceSize" since "8.1";
    status fn aclnnMoeGatingTopKSoftmaxV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeGatingTopKSoftmaxV2" since "8.1";
    status fn aclnnMoeGatingTopKSoftmaxV2GetWorkspaceSize(
        x: *const aclTensor, finishedOptional: *const aclTensor, k: i64, renorm: i64, outputSoftmaxResultFlag: bool, yOut: *const aclTensor,
        expertIdxOut: *const aclTensor, softmaxResultOutOptional: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeGatingTopKSoftmaxV2GetWorkspaceSize" since "8.1";
    status fn aclnnMoeGatingTopKV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeGatingTopKV2" since "9.0";
    status fn aclnnMoeGatingTopKV2GetWorkspaceSize(
        x: *const aclTensor, biasOptional: *const aclTensor, inputIdsOptional: *const aclTensor, tid2eidOptional: *const aclTensor, k: i64,
        kGroup: i64, groupCount: i64, groupSelectMode: i64, renorm: i64, normType: i64, outFlag: bool, routedScalingFactor: f64, eps: f64,
        yOut: *const aclTensor, expertIdxOut: *const aclTensor, outOut: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeGatingTopKV2GetWorkspaceSize" since "9.0";
    status fn aclnnMoeInitRouting(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeInitRouting" since "8.1";
    status fn aclnnMoeInitRoutingGetWorkspaceSize(
        x: *const aclTensor, rowIdx: *const aclTensor, expertIdx: *const aclTensor, activeNum: i64, expandedXOut: *const aclTensor,
        expandedRowIdxOut: *const aclTensor, expandedExpertIdxOut: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeInitRoutingGetWorkspaceSize" since "8.1";
    status fn aclnnMoeInitRoutingQuant(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeInitRoutingQuant" since "8.1";
    status fn aclnnMoeInitRoutingQuantGetWorkspaceSize(
        x: *const aclTensor, rowIdx: *const aclTensor, expertIdx: *const aclTensor, activeNum: i64, scale: f64, offset: f64,
        expandedXOut: *const aclTensor, expandedRowIdxOut: *const aclTensor, expandedExpertIdxOut: *const aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeInitRoutingQuantGetWorkspaceSize" since "8.1";
    status fn aclnnMoeInitRoutingQuantV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeInitRoutingQuantV2" since "8.1";
    status fn aclnnMoeInitRoutingQuantV2GetWorkspaceSize(
        x: *const aclTensor, expertIdx: *const aclTensor, scaleOptional: *const aclTensor, offsetOptional: *const aclTensor, activeNum: i64,
        expertCapacity: i64, expertNum: i64, dropPadMode: i64, expertTokensCountOrCumsumFlag: i64, expertTokensBeforeCapacityFlag: bool,
        quantMode: i64, expandedXOut: *const aclTensor, expandedRowIdxOut: *const aclTensor,
        expertTokensCountOrCumsumOutOptional: *const aclTensor, expertTokensBeforeCapacityOutOptional: *const aclTensor,
        dynamicQuantScaleOutOptional: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeInitRoutingQuantV2GetWorkspaceSize" since "8.1";
    status fn aclnnMoeInitRoutingV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeInitRoutingV2" since "8.1";
    status fn aclnnMoeInitRoutingV2GetWorkspaceSize(
        x: *const aclTensor, expertIdx: *const aclTensor, activeNumOptional: i64, expertCapacityOptional: i64, expertNumOptional: i64,
        dropPadModeOptional: i64, expertTokensCountOrCumsumFlagOptional: i64, expertTokensBeforeCapacityFlagOptional: bool,
        expandedXOut: *const aclTensor, expandedRowIdxOut: *const aclTensor, expertTokensCountOrCumsumOutOptional: *const aclTensor,
        expertTokensBeforeCapacityOutOptional: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeInitRoutingV2GetWorkspaceSize" since "8.1";
    status fn aclnnMoeInitRoutingV2Grad(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeInitRoutingV2Grad" since "8.1";
    status fn aclnnMoeInitRoutingV2GradGetWorkspaceSize(
        gradExpandedX: *const aclTensor, expandedRowIdx: *const aclTensor, topK: i64, dropPadMode: i64, activeNum: i64,
        out: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeInitRoutingV2GradGetWorkspaceSize" since "8.1";
    status fn aclnnMoeInitRoutingV3(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeInitRoutingV3" since "8.2";
    status fn aclnnMoeInitRoutingV3GetWorkspaceSize(
        x: *const aclTensor, expertIdx: *const aclTensor, scaleOptional: *const aclTensor, offsetOptional: *const aclTensor, activeNum: i64,
        expertCapacity: i64, expertNum: i64, dropPadMode: i64, expertTokensNumType: i64, expertTokensNumFlag: bool, quantMode: i64,
        activeExpertRangeOptional: *const aclIntArray, rowIdxType: i64, expandedXOut: *const aclTensor, expandedRowIdxOut: *const aclTensor,
        expertTokensCountOrCumsumOut: *const aclTensor, expandedScaleOut: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeInitRoutingV3GetWorkspaceSize" since "8.2";
    status fn aclnnMoeReRouting(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeReRouting" since "8.2";
    status fn aclnnMoeReRoutingGetWorkspaceSize(
        tokens: *const aclTensor, expertTokenNumPerRank: *const aclTensor, perTokenScalesOptional: *const aclTensor,
        expertTokenNumType: i64, idxType: i64, permuteTokensOut: *const aclTensor, permutePerTokenScalesOut: *const aclTensor,
        permuteTokenIdxOut: *const aclTensor, expertTokenNumOut: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeReRoutingGetWorkspaceSize" since "8.2";
    status fn aclnnMoeTokenPermute(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeTokenPermute" since "8.1";
    status fn aclnnMoeTokenPermuteGetWorkspaceSize(
        tokens: *const aclTensor, indices: *const aclTensor, numOutTokens: i64, paddedMode: bool, permuteTokensOut: *const aclTensor,
        sortedIndicesOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeTokenPermuteGetWorkspaceSize" since "8.1";
    status fn aclnnMoeTokenPermuteGrad(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeTokenPermuteGrad" since "8.1";
    status fn aclnnMoeTokenPermuteGradGetWorkspaceSize(
        permutedOutputGrad: *const aclTensor, sortedIndices: *const aclTensor, numTopk: i64, paddedMode: bool, out: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeTokenPermuteGradGetWorkspaceSize" since "8.1";
    status fn aclnnMoeTokenPermuteV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeTokenPermuteV2" since "9.0";
    status fn aclnnMoeTokenPermuteV2GetWorkspaceSize(
        tokens: *const aclTensor, indices: *const aclTensor, numOutTokens: i64, paddedMode: bool, quantMode: i64,
        permuteTokensOut: *const aclTensor, sortedIndicesOut: *const aclTensor, expandedScaleOut: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeTokenPermuteV2GetWorkspaceSize" since "9.0";
    status fn aclnnMoeTokenPermuteWithRoutingMap(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeTokenPermuteWithRoutingMap" since "8.2";
    status fn aclnnMoeTokenPermuteWithRoutingMapGetWorkspaceSize(
        tokens: *const aclTensor, routingMap: *const aclTensor, probsOptional: *const aclTensor, numOutTokens: i64, dropAndPad: bool,
        permuteTokensOut: *mut aclTensor, permuteProbsOutOptional: *mut aclTensor, sortedIndicesOut: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeTokenPermuteWithRoutingMapGetWorkspaceSize" since "8.2";
    status fn aclnnMoeTokenPermuteWithRoutingMapGrad(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeTokenPermuteWithRoutingMapGrad" since "8.2";
    status fn aclnnMoeTokenPermuteWithRoutingMapGradGetWorkspaceSize(
        permutedTokenOutputGrad: *const aclTensor, permutedProbsOutputGradOptional: *const aclTensor, sortedIndices: *const aclTensor,
        routingMapOptional: *const aclTensor, numExperts: i64, tokensNum: i64, dropAndPad: bool, tokensGradOut: *mut aclTensor,
        probsGradOutOptional: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeTokenPermuteWithRoutingMapGradGetWorkspaceSize" since "8.2";
    status fn aclnnMoeTokenUnpermute(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeTokenUnpermute" since "8.1";
    status fn aclnnMoeTokenUnpermuteGetWorkspaceSize(
        permutedTokens: *const aclTensor, sortedIndices: *const aclTensor, probsOptional: *const aclTensor, paddedMode: bool,
        restoreShapeOptional: *const aclIntArray, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeTokenUnpermuteGetWorkspaceSize" since "8.1";
    status fn aclnnMoeTokenUnpermuteGrad(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeTokenUnpermuteGrad" since "8.1";
    status fn aclnnMoeTokenUnpermuteGradGetWorkspaceSize(
        permuteTokens: *const aclTensor, unpermutedTokensGrad: *const aclTensor, sortedIndices: *const aclTensor,
        probsOptional: *const aclTensor, paddedMode: bool, restoreShapeOptional: *const aclIntArray, permutedTokensGradOut: *mut aclTensor,
        probsGradOut: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeTokenUnpermuteGradGetWorkspaceSize" since "8.1";
    status fn aclnnMoeTokenUnpermuteWithRoutingMap(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeTokenUnpermuteWithRoutingMap" since "8.2";
    status fn aclnnMoeTokenUnpermuteWithRoutingMapGetWorkspaceSize(
        permutedTokens: *const aclTensor, sortedIndices: *const aclTensor, routingMapOptional: *const aclTensor,
        probsOptional: *const aclTensor, paddedMode: bool, restoreShapeOptional: *const aclIntArray, unpermutedTokens: *mut aclTensor,
        outIndex: *mut aclTensor, permuteTokenId: *mut aclTensor, permuteProbs: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeTokenUnpermuteWithRoutingMapGetWorkspaceSize" since "8.2";
    status fn aclnnMoeUpdateExpert(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeUpdateExpert" since "8.5";
    status fn aclnnMoeUpdateExpertGetWorkspaceSize(
        expertIds: *const aclTensor, eplbTable: *const aclTensor, expertScalesOptional: *const aclTensor,
        pruningThresholdOptional: *const aclTensor, activeMaskOptional: *const aclTensor, localRankId: i64, worldSize: i64,
        balanceMode: i64, balancedExpertIds: *mut aclTensor, balancedActiveMask: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeUpdateExpertGetWorkspaceSize" since "8.5";

    // Attention, its gradients, caches and chunk merge.
    status fn aclnnAttentionUpdate(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAttentionUpdate" since "8.3";
    status fn aclnnAttentionUpdateGetWorkspaceSize(
        lse: *const aclTensorList, localOut: *const aclTensorList, updateType: i64, out: *mut aclTensor, lseOut: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAttentionUpdateGetWorkspaceSize" since "8.3";
    status fn aclnnDequantRopeQuantKvcache(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnDequantRopeQuantKvcache" since "8.1";
    status fn aclnnDequantRopeQuantKvcacheGetWorkspaceSize(
        x: *const aclTensor, cos: *const aclTensor, sin: *const aclTensor, kCacheRef: *mut aclTensor, vCacheRef: *mut aclTensor,
        indices: *const aclTensor, scaleK: *const aclTensor, scaleV: *const aclTensor, offsetKOptional: *const aclTensor,
        offsetVOptional: *const aclTensor, weightScaleOptional: *const aclTensor, activationScaleOptional: *const aclTensor,
        biasOptional: *const aclTensor, sizeSplits: *const aclIntArray, quantModeOptional: *mut c_char, layoutOptional: *mut c_char,
        kvOutput: bool, cacheModeOptional: *mut c_char, qOut: *const aclTensor, kOut: *const aclTensor, vOut: *const aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnDequantRopeQuantKvcacheGetWorkspaceSize" since "8.1";
    status fn aclnnFlashAttentionScore(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnFlashAttentionScore" since "8.1";
    status fn aclnnFlashAttentionScoreGetWorkspaceSize(
        query: *const aclTensor, key: *const aclTensor, value: *const aclTensor, realShiftOptional: *const aclTensor,
        dropMaskOptional: *const aclTensor, paddingMaskOptional: *const aclTensor, attenMaskOptional: *const aclTensor,
        prefixOptional: *const aclIntArray, scaleValue: f64, keepProb: f64, preTokens: i64, nextTokens: i64, headNum: i64,
        inputLayout: *mut c_char, innerPrecise: i64, sparseMode: i64, softmaxMaxOut: *const aclTensor, softmaxSumOut: *const aclTensor,
        softmaxOutOut: *const aclTensor, attentionOutOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnFlashAttentionScoreGetWorkspaceSize" since "8.1";
    status fn aclnnFlashAttentionScoreGrad(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnFlashAttentionScoreGrad" since "8.1";
    status fn aclnnFlashAttentionScoreGradGetWorkspaceSize(
        query: *const aclTensor, keyIn: *const aclTensor, value: *const aclTensor, dy: *const aclTensor, pseShiftOptional: *const aclTensor,
        dropMaskOptional: *const aclTensor, paddingMaskOptional: *const aclTensor, attenMaskOptional: *const aclTensor,
        softmaxMaxOptional: *const aclTensor, softmaxSumOptional: *const aclTensor, softmaxInOptional: *const aclTensor,
        attentionInOptional: *const aclTensor, prefixOptional: *const aclIntArray, scaleValue: f64, keepProb: f64, preTokens: i64,
        nextTokens: i64, headNum: i64, inputLayout: *mut c_char, innerPrecise: i64, sparseMode: i64, dqOut: *const aclTensor,
        dkOut: *const aclTensor, dvOut: *const aclTensor, dpseOut: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnFlashAttentionScoreGradGetWorkspaceSize" since "8.1";
    status fn aclnnFlashAttentionScoreGradV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnFlashAttentionScoreGradV2" since "8.1";
    status fn aclnnFlashAttentionScoreGradV2GetWorkspaceSize(
        query: *const aclTensor, keyIn: *const aclTensor, value: *const aclTensor, dy: *const aclTensor, pseShiftOptional: *const aclTensor,
        dropMaskOptional: *const aclTensor, paddingMaskOptional: *const aclTensor, attenMaskOptional: *const aclTensor,
        softmaxMaxOptional: *const aclTensor, softmaxSumOptional: *const aclTensor, softmaxInOptional: *const aclTensor,
        attentionInOptional: *const aclTensor, prefixOptional: *const aclIntArray, qStartIdxOptional: *const aclIntArray,
        kvStartIdxOptional: *const aclIntArray, scaleValue: f64, keepProb: f64, preTokens: i64, nextTokens: i64, headNum: i64,
        inputLayout: *mut c_char, innerPrecise: i64, sparseMode: i64, pseType: i64, dqOut: *const aclTensor, dkOut: *const aclTensor,
        dvOut: *const aclTensor, dpseOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnFlashAttentionScoreGradV2GetWorkspaceSize" since "8.1";
    status fn aclnnFlashAttentionScoreV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnFlashAttentionScoreV2" since "8.1";
    status fn aclnnFlashAttentionScoreV2GetWorkspaceSize(
        query: *const aclTensor, key: *const aclTensor, value: *const aclTensor, realShiftOptional: *const aclTensor,
        dropMaskOptional: *const aclTensor, paddingMaskOptional: *const aclTensor, attenMaskOptional: *const aclTensor,
        prefixOptional: *const aclIntArray, qStartIdxOptional: *const aclIntArray, kvStartIdxOptional: *const aclIntArray, scaleValue: f64,
        keepProb: f64, preTokens: i64, nextTokens: i64, headNum: i64, inputLayout: *mut c_char, innerPrecise: i64, sparseMode: i64,
        pseType: i64, softmaxMaxOut: *const aclTensor, softmaxSumOut: *const aclTensor, softmaxOutOut: *const aclTensor,
        attentionOutOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnFlashAttentionScoreV2GetWorkspaceSize" since "8.1";
    status fn aclnnFlashAttentionUnpaddingScoreGrad(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnFlashAttentionUnpaddingScoreGrad" since "8.1";
    status fn aclnnFlashAttentionUnpaddingScoreGradGetWorkspaceSize(
        query: *const aclTensor, keyIn: *const aclTensor, value: *const aclTensor, dy: *const aclTensor, pseShiftOptional: *const aclTensor,
        dropMaskOptional: *const aclTensor, paddingMaskOptional: *const aclTensor, attenMaskOptional: *const aclTensor,
        softmaxMaxOptional: *const aclTensor, softmaxSumOptional: *const aclTensor, softmaxInOptional: *const aclTensor,
        attentionInOptional: *const aclTensor, prefixOptional: *const aclIntArray, actualSeqQLenOptional: *const aclIntArray,
        actualSeqKvLenOptional: *const aclIntArray, scaleValue: f64, keepProb: f64, preTokens: i64, nextTokens: i64, headNum: i64,
        inputLayout: *mut c_char, innerPrecise: i64, sparseMode: i64, dqOut: *const aclTensor, dkOut: *const aclTensor,
        dvOut: *const aclTensor, dpseOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnFlashAttentionUnpaddingScoreGradGetWorkspaceSize" since "8.1";
    status fn aclnnFlashAttentionUnpaddingScoreGradV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnFlashAttentionUnpaddingScoreGradV2" since "8.1";
    status fn aclnnFlashAttentionUnpaddingScoreGradV2GetWorkspaceSize(
        query: *const aclTensor, keyIn: *const aclTensor, value: *const aclTensor, dy: *const aclTensor, pseShiftOptional: *const aclTensor,
        dropMaskOptional: *const aclTensor, paddingMaskOptional: *const aclTensor, attenMaskOptional: *const aclTensor,
        softmaxMaxOptional: *const aclTensor, softmaxSumOptional: *const aclTensor, softmaxInOptional: *const aclTensor,
        attentionInOptional: *const aclTensor, prefixOptional: *const aclIntArray, actualSeqQLenOptional: *const aclIntArray,
        actualSeqKvLenOptional: *const aclIntArray, qStartIdxOptional: *const aclIntArray, kvStartIdxOptional: *const aclIntArray,
        scaleValue: f64, keepProb: f64, preTokens: i64, nextTokens: i64, headNum: i64, inputLayout: *mut c_char, innerPrecise: i64,
        sparseMode: i64, pseType: i64, dqOut: *const aclTensor, dkOut: *const aclTensor, dvOut: *const aclTensor, dpseOut: *const aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnFlashAttentionUnpaddingScoreGradV2GetWorkspaceSize" since "8.1";
    status fn aclnnFlashAttentionUnpaddingScoreGradV3(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnFlashAttentionUnpaddingScoreGradV3" since "8.5";
    status fn aclnnFlashAttentionUnpaddingScoreGradV3GetWorkspaceSize(
        query: *const aclTensor, queryRope: *const aclTensor, keyIn: *const aclTensor, keyInRope: *const aclTensor, value: *const aclTensor,
        dy: *const aclTensor, pseShiftOptional: *const aclTensor, dropMaskOptional: *const aclTensor, paddingMaskOptional: *const aclTensor,
        attenMaskOptional: *const aclTensor, softmaxMaxOptional: *const aclTensor, softmaxSumOptional: *const aclTensor,
        softmaxInOptional: *const aclTensor, attentionInOptional: *const aclTensor, prefixOptional: *const aclIntArray,
        actualSeqQLenOptional: *const aclIntArray, actualSeqKvLenOptional: *const aclIntArray, qStartIdxOptional: *const aclIntArray,
        kvStartIdxOptional: *const aclIntArray, scaleValue: f64, keepProb: f64, preTokens: i64, nextTokens: i64, headNum: i64,
        inputLayout: *mut c_char, innerPrecise: i64, sparseMode: i64, pseType: i64, dqOut: *const aclTensor, dqRopeOut: *const aclTensor,
        dkOut: *const aclTensor, dkRopeOut: *const aclTensor, dvOut: *const aclTensor, dpseOut: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnFlashAttentionUnpaddingScoreGradV3GetWorkspaceSize" since "8.5";
    status fn aclnnFlashAttentionUnpaddingScoreGradV4(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnFlashAttentionUnpaddingScoreGradV4" since "8.5";
    status fn aclnnFlashAttentionUnpaddingScoreGradV4GetWorkspaceSize(
        query: *const aclTensor, keyIn: *const aclTensor, value: *const aclTensor, dy: *const aclTensor, pseShiftOptional: *const aclTensor,
        dropMaskOptional: *const aclTensor, paddingMaskOptional: *const aclTensor, attenMaskOptional: *const aclTensor,
        softmaxMaxOptional: *const aclTensor, softmaxSumOptional: *const aclTensor, softmaxInOptional: *const aclTensor,
        attentionInOptional: *const aclTensor, prefixOptional: *const aclIntArray, actualSeqQLenOptional: *const aclIntArray,
        actualSeqKvLenOptional: *const aclIntArray, scaleValue: f64, keepProb: f64, preTokens: i64, nextTokens: i64, headNum: i64,
        inputLayout: *mut c_char, innerPrecise: i64, sparseMode: i64, dqOut: *const aclTensor, dkOut: *const aclTensor,
        dvOut: *const aclTensor, dpseOut: *const aclTensor, softmaxInLayout: *mut c_char, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnFlashAttentionUnpaddingScoreGradV4GetWorkspaceSize" since "8.5";
    status fn aclnnFlashAttentionVarLenScore(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnFlashAttentionVarLenScore" since "8.1";
    status fn aclnnFlashAttentionVarLenScoreGetWorkspaceSize(
        query: *const aclTensor, key: *const aclTensor, value: *const aclTensor, realShiftOptional: *const aclTensor,
        dropMaskOptional: *const aclTensor, paddingMaskOptional: *const aclTensor, attenMaskOptional: *const aclTensor,
        prefixOptional: *const aclIntArray, actualSeqQLenOptional: *const aclIntArray, actualSeqKvLenOptional: *const aclIntArray,
        scaleValue: f64, keepProb: f64, preTokens: i64, nextTokens: i64, headNum: i64, inputLayout: *mut c_char, innerPrecise: i64,
        sparseMode: i64, softmaxMaxOut: *const aclTensor, softmaxSumOut: *const aclTensor, softmaxOutOut: *const aclTensor,
        attentionOutOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnFlashAttentionVarLenScoreGetWorkspaceSize" since "8.1";
    status fn aclnnFlashAttentionVarLenScoreV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnFlashAttentionVarLenScoreV2" since "8.1";
    status fn aclnnFlashAttentionVarLenScoreV2GetWorkspaceSize(
        query: *const aclTensor, key: *const aclTensor, value: *const aclTensor, realShiftOptional: *const aclTensor,
        dropMaskOptional: *const aclTensor, paddingMaskOptional: *const aclTensor, attenMaskOptional: *const aclTensor,
        prefixOptional: *const aclIntArray, actualSeqQLenOptional: *const aclIntArray, actualSeqKvLenOptional: *const aclIntArray,
        qStartIdxOptional: *const aclIntArray, kvStartIdxOptional: *const aclIntArray, scaleValue: f64, keepProb: f64, preTokens: i64,
        nextTokens: i64, headNum: i64, inputLayout: *mut c_char, innerPrecise: i64, sparseMode: i64, pseType: i64,
        softmaxMaxOut: *const aclTensor, softmaxSumOut: *const aclTensor, softmaxOutOut: *const aclTensor,
        attentionOutOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnFlashAttentionVarLenScoreV2GetWorkspaceSize" since "8.1";
    status fn aclnnFlashAttentionVarLenScoreV3(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnFlashAttentionVarLenScoreV3" since "8.5";
    status fn aclnnFlashAttentionVarLenScoreV3GetWorkspaceSize(
        query: *const aclTensor, queryRope: *const aclTensor, key: *const aclTensor, keyRope: *const aclTensor, value: *const aclTensor,
        realShiftOptional: *const aclTensor, dropMaskOptional: *const aclTensor, paddingMaskOptional: *const aclTensor,
        attenMaskOptional: *const aclTensor, prefixOptional: *const aclIntArray, actualSeqQLenOptional: *const aclIntArray,
        actualSeqKvLenOptional: *const aclIntArray, qStartIdxOptional: *const aclIntArray, kvStartIdxOptional: *const aclIntArray,
        scaleValue: f64, keepProb: f64, preTokens: i64, nextTokens: i64, headNum: i64, inputLayout: *mut c_char, innerPrecise: i64,
        sparseMode: i64, pseType: i64, softmaxMaxOut: *const aclTensor, softmaxSumOut: *const aclTensor, softmaxOutOut: *const aclTensor,
        attentionOutOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnFlashAttentionVarLenScoreV3GetWorkspaceSize" since "8.5";
    status fn aclnnFlashAttentionVarLenScoreV4(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnFlashAttentionVarLenScoreV4" since "8.5";
    status fn aclnnFlashAttentionVarLenScoreV4GetWorkspaceSize(
        query: *const aclTensor, key: *const aclTensor, value: *const aclTensor, realShiftOptional: *const aclTensor,
        dropMaskOptional: *const aclTensor, paddingMaskOptional: *const aclTensor, attenMaskOptional: *const aclTensor,
        prefixOptional: *const aclIntArray, actualSeqQLenOptional: *const aclIntArray, actualSeqKvLenOptional: *const aclIntArray,
        scaleValue: f64, keepProb: f64, preTokens: i64, nextTokens: i64, headNum: i64, inputLayout: *mut c_char, innerPrecise: i64,
        sparseMode: i64, softmaxOutLayout: *mut c_char, softmaxMaxOut: *const aclTensor, softmaxSumOut: *const aclTensor,
        softmaxOutOut: *const aclTensor, attentionOutOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnFlashAttentionVarLenScoreV4GetWorkspaceSize" since "8.5";
    status fn aclnnFusedInferAttentionScore(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnFusedInferAttentionScore" since "8.1";
    status fn aclnnFusedInferAttentionScoreGetWorkspaceSize(
        query: *const aclTensor, key: *const aclTensorList, value: *const aclTensorList, pseShift: *const aclTensor,
        attenMask: *const aclTensor, actualSeqLengths: *const aclIntArray, actualSeqLengthsKv: *const aclIntArray,
        deqScale1: *const aclTensor, quantScale1: *const aclTensor, deqScale2: *const aclTensor, quantScale2: *const aclTensor,
        quantOffset2: *const aclTensor, antiquantScale: *const aclTensor, antiquantOffset: *const aclTensor, blockTable: *const aclTensor,
        queryPaddingSize: *const aclTensor, kvPaddingSize: *const aclTensor, numHeads: i64, scaleValue: f64, preTokens: i64,
        nextTokens: i64, inputLayout: *mut c_char, numKeyValueHeads: i64, sparseMode: i64, innerPrecise: i64, blockSize: i64,
        antiquantMode: i64, softmaxLseFlag: bool, attentionOut: *const aclTensor, softmaxLse: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnFusedInferAttentionScoreGetWorkspaceSize" since "8.1";
    status fn aclnnFusedInferAttentionScoreV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnFusedInferAttentionScoreV2" since "8.1";
    status fn aclnnFusedInferAttentionScoreV2GetWorkspaceSize(
        query: *const aclTensor, key: *const aclTensorList, value: *const aclTensorList, pseShiftOptional: *const aclTensor,
        attenMaskOptional: *const aclTensor, actualSeqLengthsOptional: *const aclIntArray, actualSeqLengthsKvOptional: *const aclIntArray,
        deqScale1Optional: *const aclTensor, quantScale1Optional: *const aclTensor, deqScale2Optional: *const aclTensor,
        quantScale2Optional: *const aclTensor, quantOffset2Optional: *const aclTensor, antiquantScaleOptional: *const aclTensor,
        antiquantOffsetOptional: *const aclTensor, blockTableOptional: *const aclTensor, queryPaddingSizeOptional: *const aclTensor,
        kvPaddingSizeOptional: *const aclTensor, keyAntiquantScaleOptional: *const aclTensor, keyAntiquantOffsetOptional: *const aclTensor,
        valueAntiquantScaleOptional: *const aclTensor, valueAntiquantOffsetOptional: *const aclTensor,
        keySharedPrefixOptional: *const aclTensor, valueSharedPrefixOptional: *const aclTensor,
        actualSharedPrefixLenOptional: *const aclIntArray, numHeads: i64, scaleValue: f64, preTokens: i64, nextTokens: i64,
        inputLayout: *mut c_char, numKeyValueHeads: i64, sparseMode: i64, innerPrecise: i64, blockSize: i64, antiquantMode: i64,
        softmaxLseFlag: bool, keyAntiquantMode: i64, valueAntiquantMode: i64, attentionOut: *const aclTensor, softmaxLse: *const aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnFusedInferAttentionScoreV2GetWorkspaceSize" since "8.1";
    status fn aclnnFusedInferAttentionScoreV3(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnFusedInferAttentionScoreV3" since "8.1";
    status fn aclnnFusedInferAttentionScoreV3GetWorkspaceSize(
        query: *const aclTensor, key: *const aclTensorList, value: *const aclTensorList, pseShiftOptional: *const aclTensor,
        attenMaskOptional: *const aclTensor, actualSeqLengthsOptional: *const aclIntArray, actualSeqLengthsKvOptional: *const aclIntArray,
        deqScale1Optional: *const aclTensor, quantScale1Optional: *const aclTensor, deqScale2Optional: *const aclTensor,
        quantScale2Optional: *const aclTensor, quantOffset2Optional: *const aclTensor, antiquantScaleOptional: *const aclTensor,
        antiquantOffsetOptional: *const aclTensor, blockTableOptional: *const aclTensor, queryPaddingSizeOptional: *const aclTensor,
        kvPaddingSizeOptional: *const aclTensor, keyAntiquantScaleOptional: *const aclTensor, keyAntiquantOffsetOptional: *const aclTensor,
        valueAntiquantScaleOptional: *const aclTensor, valueAntiquantOffsetOptional: *const aclTensor,
        keySharedPrefixOptional: *const aclTensor, valueSharedPrefixOptional: *const aclTensor,
        actualSharedPrefixLenOptional: *const aclIntArray, queryRopeOptional: *const aclTensor, keyRopeOptional: *const aclTensor,
        keyRopeAntiquantScaleOptional: *const aclTensor, numHeads: i64, scaleValue: f64, preTokens: i64, nextTokens: i64,
        inputLayout: *mut c_char, numKeyValueHeads: i64, sparseMode: i64, innerPrecise: i64, blockSize: i64, antiquantMode: i64,
        softmaxLseFlag: bool, keyAntiquantMode: i64, valueAntiquantMode: i64, attentionOut: *const aclTensor, softmaxLse: *const aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnFusedInferAttentionScoreV3GetWorkspaceSize" since "8.1";
    status fn aclnnFusedInferAttentionScoreV4(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnFusedInferAttentionScoreV4" since "8.3";
    status fn aclnnFusedInferAttentionScoreV4GetWorkspaceSize(
        query: *const aclTensor, key: *const aclTensorList, value: *const aclTensorList, pseShiftOptional: *const aclTensor,
        attenMaskOptional: *const aclTensor, actualSeqLengthsOptional: *const aclIntArray, actualSeqLengthsKvOptional: *const aclIntArray,
        deqScale1Optional: *const aclTensor, quantScale1Optional: *const aclTensor, deqScale2Optional: *const aclTensor,
        quantScale2Optional: *const aclTensor, quantOffset2Optional: *const aclTensor, antiquantScaleOptional: *const aclTensor,
        antiquantOffsetOptional: *const aclTensor, blockTableOptional: *const aclTensor, queryPaddingSizeOptional: *const aclTensor,
        kvPaddingSizeOptional: *const aclTensor, keyAntiquantScaleOptional: *const aclTensor, keyAntiquantOffsetOptional: *const aclTensor,
        valueAntiquantScaleOptional: *const aclTensor, valueAntiquantOffsetOptional: *const aclTensor,
        keySharedPrefixOptional: *const aclTensor, valueSharedPrefixOptional: *const aclTensor,
        actualSharedPrefixLenOptional: *const aclIntArray, queryRopeOptional: *const aclTensor, keyRopeOptional: *const aclTensor,
        keyRopeAntiquantScaleOptional: *const aclTensor, dequantScaleQueryOptional: *const aclTensor,
        learnableSinkOptional: *const aclTensor, numHeads: i64, scaleValue: f64, preTokens: i64, nextTokens: i64, inputLayout: *mut c_char,
        numKeyValueHeads: i64, sparseMode: i64, innerPrecise: i64, blockSize: i64, antiquantMode: i64, softmaxLseFlag: bool,
        keyAntiquantMode: i64, valueAntiquantMode: i64, queryQuantMode: i64, attentionOut: *const aclTensor, softmaxLse: *const aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnFusedInferAttentionScoreV4GetWorkspaceSize" since "8.3";
    status fn aclnnGatherPaKvCache(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGatherPaKvCache" since "8.3";
    status fn aclnnGatherPaKvCacheGetWorkspaceSize(
        keyCache: *const aclTensor, valueCache: *const aclTensor, blockTables: *const aclTensor, seqLens: *const aclTensor,
        keyRef: *mut aclTensor, valueRef: *mut aclTensor, seqOffsetOptional: *const aclTensor, cacheMode: *const c_char,
        isSeqLensCumsum: bool, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGatherPaKvCacheGetWorkspaceSize" since "8.3";
    status fn aclnnIncreFlashAttention(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnIncreFlashAttention" since "8.1";
    status fn aclnnIncreFlashAttentionGetWorkspaceSize(
        query: *const aclTensor, key: *const aclTensorList, value: *const aclTensorList, pseShift: *const aclTensor,
        attenMask: *const aclTensor, actualSeqLengths: *const aclIntArray, numHeads: i64, scaleValue: f64, inputLayout: *mut c_char,
        numKeyValueHeads: i64, attentionOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnIncreFlashAttentionGetWorkspaceSize" since "8.1";
    status fn aclnnIncreFlashAttentionV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnIncreFlashAttentionV2" since "8.1";
    status fn aclnnIncreFlashAttentionV2GetWorkspaceSize(
        query: *const aclTensor, key: *const aclTensorList, value: *const aclTensorList, pseShift: *const aclTensor,
        attenMask: *const aclTensor, actualSeqLengths: *const aclIntArray, dequantScale1: *const aclTensor, quantScale1: *const aclTensor,
        dequantScale2: *const aclTensor, quantScale2: *const aclTensor, quantOffset2: *const aclTensor, numHeads: i64, scaleValue: f64,
        inputLayout: *mut c_char, numKeyValueHeads: i64, attentionOut: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnIncreFlashAttentionV2GetWorkspaceSize" since "8.1";
    status fn aclnnIncreFlashAttentionV3(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnIncreFlashAttentionV3" since "8.1";
    status fn aclnnIncreFlashAttentionV3GetWorkspaceSize(
        query: *const aclTensor, key: *const aclTensorList, value: *const aclTensorList, pseShift: *const aclTensor,
        attenMask: *const aclTensor, actualSeqLengths: *const aclIntArray, dequantScale1: *const aclTensor, quantScale1: *const aclTensor,
        dequantScale2: *const aclTensor, quantScale2: *const aclTensor, quantOffset2: *const aclTensor, antiquantScale: *const aclTensor,
        antiquantOffset: *const aclTensor, blocktable: *const aclTensor, numHeads: i64, scaleValue: f64, inputLayout: *mut c_char,
        numKeyValueHeads: i64, blockSize: i64, innerPrecise: i64, attentionOut: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnIncreFlashAttentionV3GetWorkspaceSize" since "8.1";
    status fn aclnnIncreFlashAttentionV4(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnIncreFlashAttentionV4" since "8.1";
    status fn aclnnIncreFlashAttentionV4GetWorkspaceSize(
        query: *const aclTensor, key: *const aclTensorList, value: *const aclTensorList, pseShift: *const aclTensor,
        attenMask: *const aclTensor, actualSeqLengths: *const aclIntArray, dequantScale1: *const aclTensor, quantScale1: *const aclTensor,
        dequantScale2: *const aclTensor, quantScale2: *const aclTensor, quantOffset2: *const aclTensor, antiquantScale: *const aclTensor,
        antiquantOffset: *const aclTensor, blocktable: *const aclTensor, kvPaddingSize: *const aclTensor, numHeads: i64, scaleValue: f64,
        inputLayout: *mut c_char, numKeyValueHeads: i64, blockSize: i64, innerPrecise: i64, attentionOut: *const aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnIncreFlashAttentionV4GetWorkspaceSize" since "8.1";
    status fn aclnnKvRmsNormRopeCache(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnKvRmsNormRopeCache" since "9.0";
    status fn aclnnKvRmsNormRopeCacheGetWorkspaceSize(
        kv: *const aclTensor, gamma: *const aclTensor, cos: *const aclTensor, sin: *const aclTensor, index: *const aclTensor,
        kCacheRef: *mut aclTensor, ckvCacheRef: *mut aclTensor, kRopeScaleOptional: *const aclTensor, cKvScaleOptional: *const aclTensor,
        kRopeOffsetOptional: *const aclTensor, cKvOffsetOptional: *const aclTensor, epsilon: f64, cacheModeOptional: *const c_char,
        isOutputKv: bool, kRopeOut: *const aclTensor, cKvOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnKvRmsNormRopeCacheGetWorkspaceSize" since "9.0";
    status fn aclnnLightningIndexer(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnLightningIndexer" since "9.0";
    status fn aclnnLightningIndexerGetWorkspaceSize(
        query: *const aclTensor, key: *const aclTensor, weights: *const aclTensor, actualSeqLengthsQueryOptional: *const aclTensor,
        actualSeqLengthsKeyOptional: *const aclTensor, blockTableOptional: *const aclTensor, layoutQueryOptional: *const c_char,
        layoutKeyOptional: *const c_char, sparseCount: i64, sparseMode: i64, preTokens: i64, nextTokens: i64, returnValues: bool,
        sparseIndicesOut: *const aclTensor, sparseValuesOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnLightningIndexerGetWorkspaceSize" since "9.0";
    status fn aclnnMlaPreprocess(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMlaPreprocess" since "8.3";
    status fn aclnnMlaPreprocessGetWorkspaceSize(
        input: *const aclTensor, gamma0: *const aclTensor, beta0: *const aclTensor, quantScale0: *const aclTensor,
        quantOffset0: *const aclTensor, wdqkv: *const aclTensor, deScale0: *const aclTensor, bias0: *const aclTensor,
        gamma1: *const aclTensor, beta1: *const aclTensor, quantScale1: *const aclTensor, quantOffset1: *const aclTensor,
        wuq: *const aclTensor, deScale1: *const aclTensor, bias1: *const aclTensor, gamma2: *const aclTensor, cos: *const aclTensor,
        sin: *const aclTensor, wuk: *const aclTensor, kvCache: *const aclTensor, kvCacheRope: *const aclTensor,
        slotMapping: *const aclTensor, ctkvScale: *const aclTensor, qNopeScale: *const aclTensor, wdqDim: i64, qRopeDim: i64, kRopeDim: i64,
        epsilon: f64, qRotaryCoeff: i64, kRotaryCoeff: i64, transposeWdq: bool, transposeWuq: bool, transposeWuk: bool, cacheMode: i64,
        quantMode: i64, doRmsNorm: bool, wdkvSplitCount: i64, qOut: *const aclTensor, kvCacheOut: *const aclTensor,
        qRopeOut: *const aclTensor, krCacheOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMlaPreprocessGetWorkspaceSize" since "8.3";
    status fn aclnnMlaProlog(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMlaProlog" since "8.1";
    status fn aclnnMlaPrologGetWorkspaceSize(
        tokenX: *const aclTensor, weightDq: *const aclTensor, weightUqQr: *const aclTensor, weightUk: *const aclTensor,
        weightDkvKr: *const aclTensor, rmsnormGammaCq: *const aclTensor, rmsnormGammaCkv: *const aclTensor, ropeSin: *const aclTensor,
        ropeCos: *const aclTensor, cacheIndex: *const aclTensor, kvCacheRef: *mut aclTensor, krCacheRef: *mut aclTensor,
        dequantScaleXOptional: *const aclTensor, dequantScaleWDqOptional: *const aclTensor, dequantScaleWUqQrOptional: *const aclTensor,
        dequantScaleWDkvKrOptional: *const aclTensor, quantScaleCkvOptional: *const aclTensor, quantScaleCkrOptional: *const aclTensor,
        smoothScalesCqOptional: *const aclTensor, rmsnormEpsilonCq: f64, rmsnormEpsilonCkv: f64, cacheModeOptional: *mut c_char,
        queryOut: *const aclTensor, queryRopeOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMlaPrologGetWorkspaceSize" since "8.1";
    status fn aclnnMlaPrologV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMlaPrologV2" since "8.5";
    status fn aclnnMlaPrologV2GetWorkspaceSize(
        tokenX: *const aclTensor, weightDq: *const aclTensor, weightUqQr: *const aclTensor, weightUk: *const aclTensor,
        weightDkvKr: *const aclTensor, rmsnormGammaCq: *const aclTensor, rmsnormGammaCkv: *const aclTensor, ropeSin: *const aclTensor,
        ropeCos: *const aclTensor, cacheIndex: *const aclTensor, kvCacheRef: *mut aclTensor, krCacheRef: *mut aclTensor,
        dequantScaleXOptional: *const aclTensor, dequantScaleWDqOptional: *const aclTensor, dequantScaleWUqQrOptional: *const aclTensor,
        dequantScaleWDkvKrOptional: *const aclTensor, quantScaleCkvOptional: *const aclTensor, quantScaleCkrOptional: *const aclTensor,
        smoothScalesCqOptional: *const aclTensor, rmsnormEpsilonCq: f64, rmsnormEpsilonCkv: f64, cacheModeOptional: *mut c_char,
        queryOut: *const aclTensor, queryRopeOut: *const aclTensor, dequantScaleQNopeOutOptional: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMlaPrologV2GetWorkspaceSize" since "8.5";
    status fn aclnnMlaPrologV2WeightNz(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMlaPrologV2WeightNz" since "8.2";
    status fn aclnnMlaPrologV2WeightNzGetWorkspaceSize(
        tokenX: *const aclTensor, weightDq: *const aclTensor, weightUqQr: *const aclTensor, weightUk: *const aclTensor,
        weightDkvKr: *const aclTensor, rmsnormGammaCq: *const aclTensor, rmsnormGammaCkv: *const aclTensor, ropeSin: *const aclTensor,
        ropeCos: *const aclTensor, cacheIndex: *const aclTensor, kvCacheRef: *mut aclTensor, krCacheRef: *mut aclTensor,
        dequantScaleXOptional: *const aclTensor, dequantScaleWDqOptional: *const aclTensor, dequantScaleWUqQrOptional: *const aclTensor,
        dequantScaleWDkvKrOptional: *const aclTensor, quantScaleCkvOptional: *const aclTensor, quantScaleCkrOptional: *const aclTensor,
        smoothScalesCqOptional: *const aclTensor, rmsnormEpsilonCq: f64, rmsnormEpsilonCkv: f64, cacheModeOptional: *mut c_char,
        queryOut: *const aclTensor, queryRopeOut: *const aclTensor, dequantScaleQNopeOutOptional: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMlaPrologV2WeightNzGetWorkspaceSize" since "8.2";
    status fn aclnnMlaPrologV3(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMlaPrologV3" since "8.5";
    status fn aclnnMlaPrologV3GetWorkspaceSize(
        tokenX: *const aclTensor, weightDq: *const aclTensor, weightUqQr: *const aclTensor, weightUk: *const aclTensor,
        weightDkvKr: *const aclTensor, rmsnormGammaCq: *const aclTensor, rmsnormGammaCkv: *const aclTensor, ropeSin: *const aclTensor,
        ropeCos: *const aclTensor, kvCacheRef: *mut aclTensor, krCacheRef: *mut aclTensor, cacheIndexOptional: *const aclTensor,
        dequantScaleXOptional: *const aclTensor, dequantScaleWDqOptional: *const aclTensor, dequantScaleWUqQrOptional: *const aclTensor,
        dequantScaleWDkvKrOptional: *const aclTensor, quantScaleCkvOptional: *const aclTensor, quantScaleCkrOptional: *const aclTensor,
        smoothScalesCqOptional: *const aclTensor, actualSeqLenOptional: *const aclTensor, rmsnormEpsilonCq: f64, rmsnormEpsilonCkv: f64,
        cacheModeOptional: *mut c_char, queryNormFlag: bool, weightQuantMode: i64, kvCacheQuantMode: i64, queryQuantMode: i64,
        ckvkrRepoMode: i64, quantScaleRepoMode: i64, tileSize: i64, kNopeClipAlpha: f64, qcQrScale: f64, kcScale: f64,
        queryOut: *const aclTensor, queryRopeOut: *const aclTensor, dequantScaleQNopeOut: *const aclTensor, queryNormOut: *const aclTensor,
        dequantScaleQNormOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMlaPrologV3GetWorkspaceSize" since "8.5";
    status fn aclnnMlaPrologV3WeightNz(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMlaPrologV3WeightNz" since "8.5";
    status fn aclnnMlaPrologV3WeightNzGetWorkspaceSize(
        tokenX: *const aclTensor, weightDq: *const aclTensor, weightUqQr: *const aclTensor, weightUk: *const aclTensor,
        weightDkvKr: *const aclTensor, rmsnormGammaCq: *const aclTensor, rmsnormGammaCkv: *const aclTensor, ropeSin: *const aclTensor,
        ropeCos: *const aclTensor, kvCacheRef: *mut aclTensor, krCacheRef: *mut aclTensor, cacheIndexOptional: *const aclTensor,
        dequantScaleXOptional: *const aclTensor, dequantScaleWDqOptional: *const aclTensor, dequantScaleWUqQrOptional: *const aclTensor,
        dequantScaleWDkvKrOptional: *const aclTensor, quantScaleCkvOptional: *const aclTensor, quantScaleCkrOptional: *const aclTensor,
        smoothScalesCqOptional: *const aclTensor, actualSeqLenOptional: *const aclTensor, rmsnormEpsilonCq: f64, rmsnormEpsilonCkv: f64,
        cacheModeOptional: *mut c_char, queryNormFlag: bool, weightQuantMode: i64, kvCacheQuantMode: i64, queryQuantMode: i64,
        ckvkrRepoMode: i64, quantScaleRepoMode: i64, tileSize: i64, kNopeClipAlpha: f64, qcQrScale: f64, kcScale: f64,
        queryOut: *const aclTensor, queryRopeOut: *const aclTensor, dequantScaleQNopeOutOptional: *const aclTensor,
        queryNormOutOptional: *const aclTensor, dequantScaleQNormOutOptional: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMlaPrologV3WeightNzGetWorkspaceSize" since "8.5";
    status fn aclnnNsaCompress(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnNsaCompress" since "8.2";
    status fn aclnnNsaCompressAttention(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnNsaCompressAttention" since "8.2";
    status fn aclnnNsaCompressAttentionGetWorkspaceSize(
        query: *const aclTensor, key: *const aclTensor, value: *const aclTensor, attenMaskOptional: *const aclTensor,
        topkMaskOptional: *const aclTensor, actualSeqQLenOptional: *const aclIntArray, actualCmpSeqKvLenOptional: *const aclIntArray,
        actualSelSeqKvLenOptional: *const aclIntArray, scaleValue: f64, headNum: i64, inputLayout: *mut c_char, sparseMode: i64,
        compressBlockSize: i64, compressStride: i64, selectBlockSize: i64, selectBlockCount: i64, softmaxMaxOut: *const aclTensor,
        softmaxSumOut: *const aclTensor, attentionOutOut: *const aclTensor, topkIndicesOut: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnNsaCompressAttentionGetWorkspaceSize" since "8.2";
    status fn aclnnNsaCompressAttentionInfer(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnNsaCompressAttentionInfer" since "8.2";
    status fn aclnnNsaCompressAttentionInferGetWorkspaceSize(
        query: *const aclTensor, key: *const aclTensor, value: *const aclTensor, attentionMaskOptional: *const aclTensor,
        blockTableOptional: *const aclTensor, actualQSeqLenOptional: *const aclIntArray, actualCmpKvSeqLenOptional: *const aclIntArray,
        actualSelKvSeqLenOptional: *const aclIntArray, topKMaskOptional: *const aclTensor, numHeads: i64, numKeyValueHeads: i64,
        selectBlockSize: i64, selectBlockCount: i64, compressBlockSize: i64, compressBlockStride: i64, scaleValue: f64,
        layoutOptional: *mut c_char, pageBlockSize: i64, sparseMode: i64, output: *const aclTensor, topKOutput: *const aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnNsaCompressAttentionInferGetWorkspaceSize" since "8.2";
    status fn aclnnNsaCompressGetWorkspaceSize(
        input: *const aclTensor, weight: *const aclTensor, actSeqLenOptional: *const aclIntArray, layoutOptional: *mut c_char,
        compressBlockSize: i64, compressStride: i64, actSeqLenType: i64, output: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnNsaCompressGetWorkspaceSize" since "8.2";
    status fn aclnnNsaCompressWithCache(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnNsaCompressWithCache" since "8.2";
    status fn aclnnNsaCompressWithCacheGetWorkspaceSize(
        input: *const aclTensor, weight: *const aclTensor, slotMapping: *const aclTensor, actSeqLenOptional: *const aclIntArray,
        blockTableOptional: *const aclTensor, layoutOptional: *mut c_char, compressBlockSize: i64, compressStride: i64, actSeqLenType: i64,
        pageBlockSize: i64, outputCache: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnNsaCompressWithCacheGetWorkspaceSize" since "8.2";
    status fn aclnnNsaSelectedAttention(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnNsaSelectedAttention" since "8.2";
    status fn aclnnNsaSelectedAttentionGetWorkspaceSize(
        query: *const aclTensor, key: *const aclTensor, value: *const aclTensor, topkIndices: *const aclTensor,
        attenMaskOptional: *const aclTensor, actualSeqQLenOptional: *const aclIntArray, actualSeqKvLenOptional: *const aclIntArray,
        scaleValue: f64, headNum: i64, inputLayout: *mut c_char, sparseMode: i64, selectedBlockSize: i64, selectedBlockCount: i64,
        softmaxMaxOut: *const aclTensor, softmaxSumOut: *const aclTensor, attentionOut: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnNsaSelectedAttentionGetWorkspaceSize" since "8.2";
    status fn aclnnNsaSelectedAttentionGrad(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnNsaSelectedAttentionGrad" since "8.2";
    status fn aclnnNsaSelectedAttentionGradGetWorkspaceSize(
        query: *const aclTensor, key: *const aclTensor, value: *const aclTensor, attentionOut: *const aclTensor,
        attentionOutGrad: *const aclTensor, softmaxMax: *const aclTensor, softmaxSum: *const aclTensor, topkIndices: *const aclTensor,
        actualSeqQLenOptional: *const aclIntArray, actualSeqKvLenOptional: *const aclIntArray, attenMaskOptional: *const aclTensor,
        scaleValue: f64, selectedBlockSize: i64, selectedBlockCount: i64, headNum: i64, inputLayout: *mut c_char, sparseMode: i64,
        dqOut: *const aclTensor, dkOut: *const aclTensor, dvOut: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnNsaSelectedAttentionGradGetWorkspaceSize" since "8.2";
    status fn aclnnPromptFlashAttention(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnPromptFlashAttention" since "8.1";
    status fn aclnnPromptFlashAttentionGetWorkspaceSize(
        query: *const aclTensor, key: *const aclTensor, value: *const aclTensor, pseShift: *const aclTensor, attenMask: *const aclTensor,
        actualSeqLengths: *const aclIntArray, numHeads: i64, scaleValue: f64, preTokens: i64, nextTokens: i64, inputLayout: *mut c_char,
        numKeyValueHeads: i64, attentionOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnPromptFlashAttentionGetWorkspaceSize" since "8.1";
    status fn aclnnPromptFlashAttentionV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnPromptFlashAttentionV2" since "8.1";
    status fn aclnnPromptFlashAttentionV2GetWorkspaceSize(
        query: *const aclTensor, key: *const aclTensor, value: *const aclTensor, pseShift: *const aclTensor, attenMask: *const aclTensor,
        actualSeqLengths: *const aclIntArray, actualSeqLengthsKv: *const aclIntArray, deqScale1: *const aclTensor,
        quantScale1: *const aclTensor, deqScale2: *const aclTensor, quantScale2: *const aclTensor, quantOffset2: *const aclTensor,
        numHeads: i64, scaleValue: f64, preTokens: i64, nextTokens: i64, inputLayout: *mut c_char, numKeyValueHeads: i64, sparseMode: i64,
        attentionOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnPromptFlashAttentionV2GetWorkspaceSize" since "8.1";
    status fn aclnnPromptFlashAttentionV3(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnPromptFlashAttentionV3" since "8.1";
    status fn aclnnPromptFlashAttentionV3GetWorkspaceSize(
        query: *const aclTensor, key: *const aclTensor, value: *const aclTensor, pseShift: *const aclTensor, attenMask: *const aclTensor,
        actualSeqLengths: *const aclIntArray, actualSeqLengthsKv: *const aclIntArray, deqScale1: *const aclTensor,
        quantScale1: *const aclTensor, deqScale2: *const aclTensor, quantScale2: *const aclTensor, quantOffset2: *const aclTensor,
        numHeads: i64, scaleValue: f64, preTokens: i64, nextTokens: i64, inputLayout: *mut c_char, numKeyValueHeads: i64, sparseMode: i64,
        innerPrecise: i64, attentionOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnPromptFlashAttentionV3GetWorkspaceSize" since "8.1";
    status fn aclnnRingAttentionUpdate(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnRingAttentionUpdate" since "8.1";
    status fn aclnnRingAttentionUpdateGetWorkspaceSize(
        prevAttnOut: *const aclTensor, prevSoftmaxMax: *const aclTensor, prevSoftmaxSum: *const aclTensor, curAttnOut: *const aclTensor,
        curSoftmaxMax: *const aclTensor, curSoftmaxSum: *const aclTensor, actualSeqQlenOptional: *const aclTensor,
        inputLayoutOptional: *mut c_char, attnOutOut: *const aclTensor, softmaxMaxOut: *const aclTensor, softmaxSumOut: *const aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnRingAttentionUpdateGetWorkspaceSize" since "8.1";
    status fn aclnnScatterPaKvCache(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnScatterPaKvCache" since "8.3";
    status fn aclnnScatterPaKvCacheGetWorkspaceSize(
        key: *const aclTensor, keyCacheRef: *mut aclTensor, slotMapping: *const aclTensor, value: *const aclTensor,
        valueCacheRef: *mut aclTensor, compressLensOptional: *const aclTensor, compressSeqOffsetOptional: *const aclTensor,
        seqLensOptional: *const aclTensor, cacheModeOptional: *const c_char, scatterModeOptional: *const c_char,
        stridesOptional: *const aclIntArray, offsetsOptional: *const aclIntArray, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnScatterPaKvCacheGetWorkspaceSize" since "8.3";
    status fn aclnnSparseFlashAttention(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnSparseFlashAttention" since "9.0";
    status fn aclnnSparseFlashAttentionGetWorkspaceSize(
        query: *const aclTensor, key: *const aclTensor, value: *const aclTensor, sparseIndices: *const aclTensor,
        blockTable: *const aclTensor, actualSeqLengthsQuery: *const aclTensor, actualSeqLengthsKv: *const aclTensor,
        queryRope: *const aclTensor, keyRope: *const aclTensor, scaleValue: f64, sparseBlockSize: i64, layoutQuery: *const c_char,
        layoutKv: *const c_char, sparseMode: i64, preTokens: i64, nextTokens: i64, attentionMode: i64, returnSoftmaxLse: bool,
        attentionOutOut: *const aclTensor, softmaxMaxOut: *const aclTensor, softmaxSumOut: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnSparseFlashAttentionGetWorkspaceSize" since "9.0";

    // Normalisation, alone and with residual or quantisation.
    status fn aclnnAddLayerNorm(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAddLayerNorm" since "8.1";
    status fn aclnnAddLayerNormGetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, gamma: *const aclTensor, beta: *const aclTensor, biasOptional: *const aclTensor,
        epsilon: f64, additionalOutput: bool, yOut: *const aclTensor, meanOut: *const aclTensor, rstdOut: *const aclTensor,
        xOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAddLayerNormGetWorkspaceSize" since "8.1";
    status fn aclnnAddRmsNorm(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAddRmsNorm" since "8.1";
    status fn aclnnAddRmsNormCast(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAddRmsNormCast" since "8.2";
    status fn aclnnAddRmsNormCastGetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, gamma: *const aclTensor, epsilon: f64, y1Out: *const aclTensor, y2Out: *const aclTensor,
        rstdOut: *const aclTensor, xOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAddRmsNormCastGetWorkspaceSize" since "8.2";
    status fn aclnnAddRmsNormDynamicQuant(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAddRmsNormDynamicQuant" since "8.1";
    status fn aclnnAddRmsNormDynamicQuantGetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, gamma: *const aclTensor, smoothScale1Optional: *const aclTensor,
        smoothScale2Optional: *const aclTensor, epsilon: f64, y1Out: *const aclTensor, y2Out: *const aclTensor, xOut: *const aclTensor,
        scale1Out: *const aclTensor, scale2Out: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAddRmsNormDynamicQuantGetWorkspaceSize" since "8.1";
    status fn aclnnAddRmsNormDynamicQuantV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAddRmsNormDynamicQuantV2" since "8.3";
    status fn aclnnAddRmsNormDynamicQuantV2GetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, gamma: *const aclTensor, smoothScale1Optional: *const aclTensor,
        smoothScale2Optional: *const aclTensor, betaOptional: *const aclTensor, epsilon: f64, outputMaskOptional: *const aclBoolArray,
        y1Out: *mut aclTensor, y2Out: *mut aclTensor, xOut: *mut aclTensor, scale1Out: *mut aclTensor, scale2Out: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAddRmsNormDynamicQuantV2GetWorkspaceSize" since "8.3";
    status fn aclnnAddRmsNormGetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, gamma: *const aclTensor, epsilon: f64, yOut: *const aclTensor,
        rstdOut: *const aclTensor, xOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAddRmsNormGetWorkspaceSize" since "8.1";
    status fn aclnnAddRmsNormQuant(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAddRmsNormQuant" since "8.1";
    status fn aclnnAddRmsNormQuantGetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, gamma: *const aclTensor, scales1: *const aclTensor, scales2Optional: *const aclTensor,
        zeroPoints1Optional: *const aclTensor, zeroPoints2Optional: *const aclTensor, axis: i64, epsilon: f64, divMode: bool,
        y1Out: *const aclTensor, y2Out: *const aclTensor, xOut: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAddRmsNormQuantGetWorkspaceSize" since "8.1";
    status fn aclnnAddRmsNormQuantV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAddRmsNormQuantV2" since "8.3";
    status fn aclnnAddRmsNormQuantV2GetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, gamma: *const aclTensor, scales1: *const aclTensor, scales2Optional: *const aclTensor,
        zeroPoints1Optional: *const aclTensor, zeroPoints2Optional: *const aclTensor, betaOptional: *const aclTensor, axis: i64,
        epsilon: f64, divMode: bool, y1Out: *mut aclTensor, y2Out: *mut aclTensor, xOut: *mut aclTensor, rmsNormOut: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAddRmsNormQuantV2GetWorkspaceSize" since "8.3";
    status fn aclnnGemmaRmsNorm(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGemmaRmsNorm" since "8.1";
    status fn aclnnGemmaRmsNormGetWorkspaceSize(
        x: *const aclTensor, gamma: *const aclTensor, epsilon: f64, yOut: *const aclTensor, rstdOut: *const aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGemmaRmsNormGetWorkspaceSize" since "8.1";
    status fn aclnnGroupNorm(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGroupNorm" since "8.1";
    status fn aclnnGroupNormGetWorkspaceSize(
        self_: *const aclTensor, gamma: *const aclTensor, beta: *const aclTensor, N: i64, C: i64, HxW: i64, group: i64, eps: f64,
        out: *mut aclTensor, meanOut: *mut aclTensor, rstdOut: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGroupNormGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceAddRmsNorm(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceAddRmsNorm" since "9.0";
    status fn aclnnInplaceAddRmsNormGetWorkspaceSize(
        x1Ref: *mut aclTensor, x2Ref: *mut aclTensor, gamma: *const aclTensor, epsilon: f64, rstdOut: *const aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceAddRmsNormGetWorkspaceSize" since "9.0";
    status fn aclnnLayerNorm(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnLayerNorm" since "8.1";
    status fn aclnnLayerNormGetWorkspaceSize(
        input: *const aclTensor, normalizedShape: *const aclIntArray, weightOptional: *const aclTensor, biasOptional: *const aclTensor,
        eps: f64, out: *mut aclTensor, meanOutOptional: *mut aclTensor, rstdOutOptional: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnLayerNormGetWorkspaceSize" since "8.1";
    status fn aclnnNorm(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnNorm" since "8.1";
    status fn aclnnNormGetWorkspaceSize(
        self_: *const aclTensor, pScalar: *const aclScalar, dim: *const aclIntArray, keepdim: bool, out: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnNormGetWorkspaceSize" since "8.1";
    status fn aclnnRmsNorm(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnRmsNorm" since "8.1";
    status fn aclnnRmsNormDynamicQuant(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnRmsNormDynamicQuant" since "9.0";
    status fn aclnnRmsNormDynamicQuantGetWorkspaceSize(
        x: *const aclTensor, gamma: *const aclTensor, smoothScalesOptional: *const aclTensor, betaOptional: *const aclTensor, epsilon: f64,
        dstType: i64, yOut: *const aclTensor, scaleOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnRmsNormDynamicQuantGetWorkspaceSize" since "9.0";
    status fn aclnnRmsNormGetWorkspaceSize(
        x: *const aclTensor, gamma: *const aclTensor, epsilon: f64, yOut: *const aclTensor, rstdOut: *const aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnRmsNormGetWorkspaceSize" since "8.1";
    status fn aclnnRmsNormQuant(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnRmsNormQuant" since "9.0";
    status fn aclnnRmsNormQuantGetWorkspaceSize(
        x: *const aclTensor, gamma: *const aclTensor, beta: *const aclTensor, scale: *const aclTensor, offset: *const aclTensor,
        epsilon: f64, y: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnRmsNormQuantGetWorkspaceSize" since "9.0";

    // Rotary embedding.
    status fn aclnnApplyRotaryPosEmb(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnApplyRotaryPosEmb" since "8.1";
    status fn aclnnApplyRotaryPosEmbGetWorkspaceSize(
        queryRef: *mut aclTensor, keyRef: *mut aclTensor, cos: *const aclTensor, sin: *const aclTensor, layout: i64,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnApplyRotaryPosEmbGetWorkspaceSize" since "8.1";
    status fn aclnnApplyRotaryPosEmbV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnApplyRotaryPosEmbV2" since "8.5";
    status fn aclnnApplyRotaryPosEmbV2GetWorkspaceSize(
        queryRef: *mut aclTensor, keyRef: *mut aclTensor, cos: *const aclTensor, sin: *const aclTensor, layout: i64,
        rotaryMode: *mut c_char, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnApplyRotaryPosEmbV2GetWorkspaceSize" since "8.5";
    status fn aclnnInterleaveRope(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInterleaveRope" since "8.5";
    status fn aclnnInterleaveRopeGetWorkspaceSize(
        x: *const aclTensor, cos: *const aclTensor, sin: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInterleaveRopeGetWorkspaceSize" since "8.5";
    status fn aclnnQkvRmsNormRopeCache(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnQkvRmsNormRopeCache" since "9.0";
    status fn aclnnQkvRmsNormRopeCacheGetWorkspaceSize(
        qkv: *const aclTensor, qGamma: *const aclTensor, kGamma: *const aclTensor, cos: *const aclTensor, sin: *const aclTensor,
        index: *const aclTensor, qOut: *mut aclTensor, kCache: *mut aclTensor, vCache: *mut aclTensor, kScaleOptional: *const aclTensor,
        vScaleOptional: *const aclTensor, kOffsetOptional: *const aclTensor, vOffsetOptional: *const aclTensor, qkvSize: *const aclIntArray,
        headNums: *const aclIntArray, epsilon: f64, cacheModeOptional: *const c_char, qOutBeforeQuant: *const aclTensor,
        kOutBeforeQuant: *const aclTensor, vOutBeforeQuant: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnQkvRmsNormRopeCacheGetWorkspaceSize" since "9.0";
    status fn aclnnRopeWithSinCosCache(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnRopeWithSinCosCache" since "8.1";
    status fn aclnnRopeWithSinCosCacheGetWorkspaceSize(
        positions: *const aclTensor, queryIn: *const aclTensor, keyIn: *const aclTensor, cosSinCache: *const aclTensor,
        mropeSection: *const aclIntArray, headSize: i64, isNeoxStyle: bool, queryOut: *mut aclTensor, keyOut: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnRopeWithSinCosCacheGetWorkspaceSize" since "8.1";
    status fn aclnnRopeWithSinCosCacheV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnRopeWithSinCosCacheV2" since "9.0";
    status fn aclnnRopeWithSinCosCacheV2GetWorkspaceSize(
        positions: *const aclTensor, queryIn: *const aclTensor, keyIn: *const aclTensor, cosSinCache: *const aclTensor,
        mropeSection: *const aclIntArray, headSize: i64, isNeoxStyle: bool, cacheMode: i64, queryOut: *mut aclTensor,
        keyOut: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnRopeWithSinCosCacheV2GetWorkspaceSize" since "9.0";
    status fn aclnnRotaryPositionEmbedding(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnRotaryPositionEmbedding" since "8.5";
    status fn aclnnRotaryPositionEmbeddingGetWorkspaceSize(
        x: *const aclTensor, cos: *const aclTensor, sin: *const aclTensor, mode: i64, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnRotaryPositionEmbeddingGetWorkspaceSize" since "8.5";

    // Activations and gated activations.
    status fn aclnnClippedSwiglu(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnClippedSwiglu" since "9.0";
    status fn aclnnClippedSwigluGetWorkspaceSize(
        x: *const aclTensor, groupIndexOptional: *const aclTensor, dim: i64, alpha: f64, limit: f64, bias: f64, interleaved: bool,
        out: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnClippedSwigluGetWorkspaceSize" since "9.0";
    status fn aclnnElu(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnElu" since "8.1";
    status fn aclnnEluGetWorkspaceSize(
        self_: *const aclTensor, alpha: *const aclScalar, scale: *const aclScalar, inputScale: *const aclScalar, out: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnEluGetWorkspaceSize" since "8.1";
    status fn aclnnGeGlu(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGeGlu" since "8.1";
    status fn aclnnGeGluGetWorkspaceSize(
        self_: *const aclTensor, dim: i64, approximate: i64, out: *mut aclTensor, outGelu: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGeGluGetWorkspaceSize" since "8.1";
    status fn aclnnGeGluV3(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGeGluV3" since "8.1";
    status fn aclnnGeGluV3GetWorkspaceSize(
        self_: *const aclTensor, dim: i64, approximate: i64, activateLeft: bool, out: *mut aclTensor, outGelu: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGeGluV3GetWorkspaceSize" since "8.1";
    status fn aclnnGelu(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGelu" since "8.1";
    status fn aclnnGeluGetWorkspaceSize(
        self_: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGeluGetWorkspaceSize" since "8.1";
    status fn aclnnGeluMul(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGeluMul" since "8.1";
    status fn aclnnGeluMulGetWorkspaceSize(
        input: *const aclTensor, approximateOptional: *mut c_char, out: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGeluMulGetWorkspaceSize" since "8.1";
    status fn aclnnGeluV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGeluV2" since "8.1";
    status fn aclnnGeluV2GetWorkspaceSize(
        x: *const aclTensor, approximate: i64, y: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGeluV2GetWorkspaceSize" since "8.1";
    status fn aclnnHardsigmoid(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnHardsigmoid" since "8.1";
    status fn aclnnHardsigmoidGetWorkspaceSize(
        self_: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnHardsigmoidGetWorkspaceSize" since "8.1";
    status fn aclnnHardswish(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnHardswish" since "8.1";
    status fn aclnnHardswishGetWorkspaceSize(
        self_: *const aclTensor, out: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnHardswishGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceThreshold(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceThreshold" since "8.1";
    status fn aclnnInplaceThresholdGetWorkspaceSize(
        selfRef: *mut aclTensor, threshold: *const aclScalar, value: *const aclScalar, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceThresholdGetWorkspaceSize" since "8.1";
    status fn aclnnLeakyRelu(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnLeakyRelu" since "8.1";
    status fn aclnnLeakyReluGetWorkspaceSize(
        self_: *const aclTensor, negativeSlope: *const aclScalar, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnLeakyReluGetWorkspaceSize" since "8.1";
    status fn aclnnRelu(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnRelu" since "8.1";
    status fn aclnnReluGetWorkspaceSize(
        self_: *const aclTensor, out: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnReluGetWorkspaceSize" since "8.1";
    status fn aclnnSigmoid(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnSigmoid" since "8.1";
    status fn aclnnSigmoidGetWorkspaceSize(
        self_: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnSigmoidGetWorkspaceSize" since "8.1";
    status fn aclnnSilu(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnSilu" since "8.1";
    status fn aclnnSiluBackward(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnSiluBackward" since "8.1";
    status fn aclnnSiluBackwardGetWorkspaceSize(
        gradOutput: *const aclTensor, self_: *const aclTensor, gradInput: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnSiluBackwardGetWorkspaceSize" since "8.1";
    status fn aclnnSiluGetWorkspaceSize(
        self_: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnSiluGetWorkspaceSize" since "8.1";
    status fn aclnnSoftplus(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnSoftplus" since "8.1";
    status fn aclnnSoftplusGetWorkspaceSize(
        self_: *const aclTensor, beta: *const aclScalar, threshold: *const aclScalar, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnSoftplusGetWorkspaceSize" since "8.1";
    status fn aclnnSwiGlu(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnSwiGlu" since "8.1";
    status fn aclnnSwiGluGetWorkspaceSize(
        x: *const aclTensor, dim: i64, out: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnSwiGluGetWorkspaceSize" since "8.1";
    status fn aclnnTanh(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnTanh" since "8.1";
    status fn aclnnTanhGetWorkspaceSize(
        self_: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnTanhGetWorkspaceSize" since "8.1";
    status fn aclnnThresholdBackward(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnThresholdBackward" since "8.1";
    status fn aclnnThresholdBackwardGetWorkspaceSize(
        gradOutput: *const aclTensor, self_: *const aclTensor, threshold: *const aclScalar, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnThresholdBackwardGetWorkspaceSize" since "8.1";

    // Quantisation of activations, weights and scales.
    status fn aclnnAscendAntiQuant(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAscendAntiQuant" since "8.1";
    status fn aclnnAscendAntiQuantGetWorkspaceSize(
        x: *const aclTensor, scale: *const aclTensor, offset: *const aclTensor, dstType: i64, sqrtMode: bool, y: *const aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAscendAntiQuantGetWorkspaceSize" since "8.1";
    status fn aclnnAscendQuant(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAscendQuant" since "8.1";
    status fn aclnnAscendQuantGetWorkspaceSize(
        x: *const aclTensor, scale: *const aclTensor, offset: *const aclTensor, sqrtMode: bool, roundMode: *const c_char, dstType: i32,
        y: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAscendQuantGetWorkspaceSize" since "8.1";
    status fn aclnnAscendQuantV3(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAscendQuantV3" since "8.1";
    status fn aclnnAscendQuantV3GetWorkspaceSize(
        x: *const aclTensor, scale: *const aclTensor, offset: *const aclTensor, sqrtMode: bool, roundMode: *const c_char, dstType: i32,
        axis: i32, y: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAscendQuantV3GetWorkspaceSize" since "8.1";
    status fn aclnnConvertWeightToINT4Pack(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnConvertWeightToINT4Pack" since "8.1";
    status fn aclnnConvertWeightToINT4PackGetWorkspaceSize(
        weight: *const aclTensor, weightInt4Pack: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnConvertWeightToINT4PackGetWorkspaceSize" since "8.1";
    status fn aclnnDequantSwigluQuant(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnDequantSwigluQuant" since "8.1";
    status fn aclnnDequantSwigluQuantGetWorkspaceSize(
        x: *const aclTensor, weightScaleOptional: *const aclTensor, activationScaleOptional: *const aclTensor,
        biasOptional: *const aclTensor, quantScaleOptional: *const aclTensor, quantOffsetOptional: *const aclTensor,
        groupIndexOptional: *const aclTensor, activateLeft: bool, quantModeOptional: *mut c_char, yOut: *const aclTensor,
        scaleOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnDequantSwigluQuantGetWorkspaceSize" since "8.1";
    status fn aclnnDequantSwigluQuantV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnDequantSwigluQuantV2" since "9.0";
    status fn aclnnDequantSwigluQuantV2GetWorkspaceSize(
        x: *const aclTensor, weightScaleOptional: *const aclTensor, activationScaleOptional: *const aclTensor,
        biasOptional: *const aclTensor, quantScaleOptional: *const aclTensor, quantOffsetOptional: *const aclTensor,
        groupIndexOptional: *const aclTensor, activateLeft: bool, quantModeOptional: *const c_char, dstType: i64,
        roundModeOptional: *const c_char, activateDim: i64, swigluMode: i64, clampLimit: f64, gluAlpha: f64, gluBias: f64,
        yOut: *const aclTensor, scaleOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnDequantSwigluQuantV2GetWorkspaceSize" since "9.0";
    status fn aclnnDynamicQuant(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnDynamicQuant" since "8.1";
    status fn aclnnDynamicQuantGetWorkspaceSize(
        x: *const aclTensor, smoothScalesOptional: *const aclTensor, yOut: *const aclTensor, scaleOut: *const aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnDynamicQuantGetWorkspaceSize" since "8.1";
    status fn aclnnDynamicQuantV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnDynamicQuantV2" since "8.1";
    status fn aclnnDynamicQuantV2GetWorkspaceSize(
        x: *const aclTensor, smoothScalesOptional: *const aclTensor, groupIndexOptional: *const aclTensor, dstType: i64,
        yOut: *const aclTensor, scaleOut: *const aclTensor, offsetOut: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnDynamicQuantV2GetWorkspaceSize" since "8.1";
    status fn aclnnSwiGluQuant(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnSwiGluQuant" since "8.1";
    status fn aclnnSwiGluQuantGetWorkspaceSize(
        x: *const aclTensor, smoothScalesOptional: *const aclTensor, offsetsOptional: *const aclTensor,
        groupIndexOptional: *const aclTensor, activateLeft: bool, quantModeOptional: *mut c_char, yOut: *const aclTensor,
        scaleOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnSwiGluQuantGetWorkspaceSize" since "8.1";
    status fn aclnnSwiGluQuantV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnSwiGluQuantV2" since "8.2";
    status fn aclnnSwiGluQuantV2GetWorkspaceSize(
        x: *const aclTensor, smoothScalesOptional: *const aclTensor, offsetsOptional: *const aclTensor,
        groupIndexOptional: *const aclTensor, activateLeft: bool, quantModeOptional: *const c_char, groupListType: i64, dstType: i64,
        yOut: *const aclTensor, scaleOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnSwiGluQuantV2GetWorkspaceSize" since "8.2";
    status fn aclnnTransQuantParam(
        scaleArray: *const f32, scaleSize: u64, offsetArray: *const f32, offsetSize: u64, quantParam: *mut *mut u64,
        quantParamSize: *mut u64,
    ) -> aclnnStatus = "aclnnTransQuantParam" since "8.1";
    status fn aclnnTransQuantParamV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnTransQuantParamV2" since "8.1";
    status fn aclnnTransQuantParamV2GetWorkspaceSize(
        scale: *const aclTensor, offset: *const aclTensor, out: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnTransQuantParamV2GetWorkspaceSize" since "8.1";
    status fn aclnnTransQuantParamV3(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnTransQuantParamV3" since "8.2";
    status fn aclnnTransQuantParamV3GetWorkspaceSize(
        scale: *const aclTensor, offset: *const aclTensor, roundMode: i64, out: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnTransQuantParamV3GetWorkspaceSize" since "8.2";

    // Arithmetic, comparison and bitwise operators.
    status fn aclnnAbs(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAbs" since "8.1";
    status fn aclnnAbsGetWorkspaceSize(
        self_: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAbsGetWorkspaceSize" since "8.1";
    status fn aclnnAdd(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAdd" since "8.1";
    status fn aclnnAddGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclTensor, alpha: *const aclScalar, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAddGetWorkspaceSize" since "8.1";
    status fn aclnnAdds(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAdds" since "8.1";
    status fn aclnnAddsGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclScalar, alpha: *const aclScalar, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAddsGetWorkspaceSize" since "8.1";
    status fn aclnnBitwiseAndScalar(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnBitwiseAndScalar" since "8.1";
    status fn aclnnBitwiseAndScalarGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclScalar, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnBitwiseAndScalarGetWorkspaceSize" since "8.1";
    status fn aclnnBitwiseAndTensor(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnBitwiseAndTensor" since "8.1";
    status fn aclnnBitwiseAndTensorGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnBitwiseAndTensorGetWorkspaceSize" since "8.1";
    status fn aclnnBitwiseNot(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnBitwiseNot" since "8.1";
    status fn aclnnBitwiseNotGetWorkspaceSize(
        self_: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnBitwiseNotGetWorkspaceSize" since "8.1";
    status fn aclnnBitwiseOrScalar(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnBitwiseOrScalar" since "8.1";
    status fn aclnnBitwiseOrScalarGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclScalar, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnBitwiseOrScalarGetWorkspaceSize" since "8.1";
    status fn aclnnBitwiseOrTensor(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnBitwiseOrTensor" since "8.1";
    status fn aclnnBitwiseOrTensorGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnBitwiseOrTensorGetWorkspaceSize" since "8.1";
    status fn aclnnBitwiseXorScalar(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnBitwiseXorScalar" since "8.1";
    status fn aclnnBitwiseXorScalarGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclScalar, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnBitwiseXorScalarGetWorkspaceSize" since "8.1";
    status fn aclnnBitwiseXorTensor(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnBitwiseXorTensor" since "8.1";
    status fn aclnnBitwiseXorTensorGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnBitwiseXorTensorGetWorkspaceSize" since "8.1";
    status fn aclnnCeil(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnCeil" since "8.1";
    status fn aclnnCeilGetWorkspaceSize(
        self_: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnCeilGetWorkspaceSize" since "8.1";
    status fn aclnnClamp(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnClamp" since "8.1";
    status fn aclnnClampGetWorkspaceSize(
        self_: *const aclTensor, clipValueMin: *const aclScalar, clipValueMax: *const aclScalar, out: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnClampGetWorkspaceSize" since "8.1";
    status fn aclnnClampMin(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnClampMin" since "8.1";
    status fn aclnnClampMinGetWorkspaceSize(
        self_: *const aclTensor, clipValueMin: *const aclScalar, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnClampMinGetWorkspaceSize" since "8.1";
    status fn aclnnCos(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnCos" since "8.1";
    status fn aclnnCosGetWorkspaceSize(
        input: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnCosGetWorkspaceSize" since "8.1";
    status fn aclnnDiv(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnDiv" since "8.1";
    status fn aclnnDivGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnDivGetWorkspaceSize" since "8.1";
    status fn aclnnDivs(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnDivs" since "8.1";
    status fn aclnnDivsGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclScalar, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnDivsGetWorkspaceSize" since "8.1";
    status fn aclnnEqScalar(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnEqScalar" since "8.1";
    status fn aclnnEqScalarGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclScalar, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnEqScalarGetWorkspaceSize" since "8.1";
    status fn aclnnEqTensor(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnEqTensor" since "8.1";
    status fn aclnnEqTensorGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnEqTensorGetWorkspaceSize" since "8.1";
    status fn aclnnExp(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnExp" since "8.1";
    status fn aclnnExpGetWorkspaceSize(
        self_: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnExpGetWorkspaceSize" since "8.1";
    status fn aclnnGeScalar(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGeScalar" since "8.1";
    status fn aclnnGeScalarGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclScalar, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGeScalarGetWorkspaceSize" since "8.1";
    status fn aclnnGeTensor(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGeTensor" since "8.1";
    status fn aclnnGeTensorGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGeTensorGetWorkspaceSize" since "8.1";
    status fn aclnnGtScalar(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGtScalar" since "8.1";
    status fn aclnnGtScalarGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclScalar, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGtScalarGetWorkspaceSize" since "8.1";
    status fn aclnnGtTensor(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGtTensor" since "8.1";
    status fn aclnnGtTensorGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGtTensorGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceAdd(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceAdd" since "8.1";
    status fn aclnnInplaceAddGetWorkspaceSize(
        selfRef: *const aclTensor, other: *const aclTensor, alpha: *const aclScalar, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceAddGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceAddcdiv(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceAddcdiv" since "8.1";
    status fn aclnnInplaceAddcdivGetWorkspaceSize(
        selfRef: *const aclTensor, tensor1: *const aclTensor, tensor2: *const aclTensor, value: *const aclScalar, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceAddcdivGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceAddcmul(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceAddcmul" since "8.1";
    status fn aclnnInplaceAddcmulGetWorkspaceSize(
        selfRef: *const aclTensor, tensor1: *const aclTensor, tensor2: *const aclTensor, value: *const aclScalar, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceAddcmulGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceAdds(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceAdds" since "8.1";
    status fn aclnnInplaceAddsGetWorkspaceSize(
        selfRef: *const aclTensor, other: *const aclScalar, alpha: *const aclScalar, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceAddsGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceBitwiseAndScalar(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceBitwiseAndScalar" since "8.1";
    status fn aclnnInplaceBitwiseAndScalarGetWorkspaceSize(
        selfRef: *const aclTensor, other: *const aclScalar, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceBitwiseAndScalarGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceBitwiseAndTensor(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceBitwiseAndTensor" since "8.1";
    status fn aclnnInplaceBitwiseAndTensorGetWorkspaceSize(
        selfRef: *const aclTensor, other: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceBitwiseAndTensorGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceBitwiseOrScalar(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceBitwiseOrScalar" since "8.1";
    status fn aclnnInplaceBitwiseOrScalarGetWorkspaceSize(
        selfRef: *mut aclTensor, other: *const aclScalar, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceBitwiseOrScalarGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceBitwiseOrTensor(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceBitwiseOrTensor" since "8.1";
    status fn aclnnInplaceBitwiseOrTensorGetWorkspaceSize(
        selfRef: *mut aclTensor, other: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceBitwiseOrTensorGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceBitwiseXorScalar(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceBitwiseXorScalar" since "8.1";
    status fn aclnnInplaceBitwiseXorScalarGetWorkspaceSize(
        selfRef: *mut aclTensor, other: *const aclScalar, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceBitwiseXorScalarGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceBitwiseXorTensor(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceBitwiseXorTensor" since "8.1";
    status fn aclnnInplaceBitwiseXorTensorGetWorkspaceSize(
        selfRef: *mut aclTensor, other: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceBitwiseXorTensorGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceClampMax(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceClampMax" since "8.1";
    status fn aclnnInplaceClampMaxGetWorkspaceSize(
        selfRef: *const aclTensor, clipValueMax: *const aclScalar, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceClampMaxGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceCos(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceCos" since "8.1";
    status fn aclnnInplaceCosGetWorkspaceSize(
        inputRef: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceCosGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceDiv(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceDiv" since "8.1";
    status fn aclnnInplaceDivGetWorkspaceSize(
        selfRef: *mut aclTensor, other: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceDivGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceDivs(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceDivs" since "8.1";
    status fn aclnnInplaceDivsGetWorkspaceSize(
        selfRef: *mut aclTensor, other: *const aclScalar, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceDivsGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceExp(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceExp" since "8.1";
    status fn aclnnInplaceExpGetWorkspaceSize(
        selfRef: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceExpGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceLerps(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceLerps" since "8.1";
    status fn aclnnInplaceLerpsGetWorkspaceSize(
        selfRef: *mut aclTensor, end: *const aclTensor, weight: *const aclScalar, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceLerpsGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceMul(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceMul" since "8.1";
    status fn aclnnInplaceMulGetWorkspaceSize(
        selfRef: *mut aclTensor, other: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceMulGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceMuls(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceMuls" since "8.1";
    status fn aclnnInplaceMulsGetWorkspaceSize(
        selfRef: *mut aclTensor, other: *const aclScalar, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceMulsGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceSin(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceSin" since "8.1";
    status fn aclnnInplaceSinGetWorkspaceSize(
        selfRef: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceSinGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceSub(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceSub" since "8.1";
    status fn aclnnInplaceSubGetWorkspaceSize(
        selfRef: *mut aclTensor, other: *const aclTensor, alpha: *const aclScalar, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceSubGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceSubs(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceSubs" since "8.1";
    status fn aclnnInplaceSubsGetWorkspaceSize(
        selfRef: *mut aclTensor, other: *const aclScalar, alpha: *const aclScalar, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceSubsGetWorkspaceSize" since "8.1";
    status fn aclnnIsFinite(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnIsFinite" since "8.1";
    status fn aclnnIsFiniteGetWorkspaceSize(
        self_: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnIsFiniteGetWorkspaceSize" since "8.1";
    status fn aclnnIsInf(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnIsInf" since "8.1";
    status fn aclnnIsInfGetWorkspaceSize(
        x: *const aclTensor, out: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnIsInfGetWorkspaceSize" since "8.1";
    status fn aclnnLeScalar(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnLeScalar" since "8.1";
    status fn aclnnLeScalarGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclScalar, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnLeScalarGetWorkspaceSize" since "8.1";
    status fn aclnnLeTensor(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnLeTensor" since "8.1";
    status fn aclnnLeTensorGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnLeTensorGetWorkspaceSize" since "8.1";
    status fn aclnnLog(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnLog" since "8.1";
    status fn aclnnLogGetWorkspaceSize(
        self_: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnLogGetWorkspaceSize" since "8.1";
    status fn aclnnLogicalAnd(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnLogicalAnd" since "8.1";
    status fn aclnnLogicalAndGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnLogicalAndGetWorkspaceSize" since "8.1";
    status fn aclnnLogicalNot(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnLogicalNot" since "8.1";
    status fn aclnnLogicalNotGetWorkspaceSize(
        self_: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnLogicalNotGetWorkspaceSize" since "8.1";
    status fn aclnnLogicalOr(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnLogicalOr" since "8.1";
    status fn aclnnLogicalOrGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnLogicalOrGetWorkspaceSize" since "8.1";
    status fn aclnnLogicalXor(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnLogicalXor" since "8.1";
    status fn aclnnLogicalXorGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnLogicalXorGetWorkspaceSize" since "8.1";
    status fn aclnnLtScalar(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnLtScalar" since "8.1";
    status fn aclnnLtScalarGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclScalar, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnLtScalarGetWorkspaceSize" since "8.1";
    status fn aclnnLtTensor(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnLtTensor" since "8.1";
    status fn aclnnLtTensorGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnLtTensorGetWorkspaceSize" since "8.1";
    status fn aclnnMaximum(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMaximum" since "8.1";
    status fn aclnnMaximumGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMaximumGetWorkspaceSize" since "8.1";
    status fn aclnnMinimum(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMinimum" since "8.1";
    status fn aclnnMinimumGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMinimumGetWorkspaceSize" since "8.1";
    status fn aclnnMul(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMul" since "8.1";
    status fn aclnnMulGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMulGetWorkspaceSize" since "8.1";
    status fn aclnnMuls(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMuls" since "8.1";
    status fn aclnnMulsGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclScalar, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMulsGetWorkspaceSize" since "8.1";
    status fn aclnnNeScalar(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnNeScalar" since "8.1";
    status fn aclnnNeScalarGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclScalar, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnNeScalarGetWorkspaceSize" since "8.1";
    status fn aclnnNeTensor(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnNeTensor" since "8.1";
    status fn aclnnNeTensorGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnNeTensorGetWorkspaceSize" since "8.1";
    status fn aclnnNeg(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnNeg" since "8.1";
    status fn aclnnNegGetWorkspaceSize(
        self_: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnNegGetWorkspaceSize" since "8.1";
    status fn aclnnPowScalarTensor(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnPowScalarTensor" since "8.1";
    status fn aclnnPowScalarTensorGetWorkspaceSize(
        self_: *const aclScalar, exponent: *const aclTensor, out: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnPowScalarTensorGetWorkspaceSize" since "8.1";
    status fn aclnnPowTensorScalar(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnPowTensorScalar" since "8.1";
    status fn aclnnPowTensorScalarGetWorkspaceSize(
        self_: *const aclTensor, exponent: *const aclScalar, out: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnPowTensorScalarGetWorkspaceSize" since "8.1";
    status fn aclnnRound(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnRound" since "8.1";
    status fn aclnnRoundGetWorkspaceSize(
        self_: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnRoundGetWorkspaceSize" since "8.1";
    status fn aclnnRsqrt(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnRsqrt" since "8.1";
    status fn aclnnRsqrtGetWorkspaceSize(
        self_: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnRsqrtGetWorkspaceSize" since "8.1";
    status fn aclnnRsubs(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnRsubs" since "8.1";
    status fn aclnnRsubsGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclScalar, alpha: *const aclScalar, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnRsubsGetWorkspaceSize" since "8.1";
    status fn aclnnSign(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnSign" since "8.1";
    status fn aclnnSignGetWorkspaceSize(
        self_: *const aclTensor, result: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnSignGetWorkspaceSize" since "8.1";
    status fn aclnnSin(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnSin" since "8.1";
    status fn aclnnSinGetWorkspaceSize(
        self_: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnSinGetWorkspaceSize" since "8.1";
    status fn aclnnSqrt(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnSqrt" since "8.1";
    status fn aclnnSqrtGetWorkspaceSize(
        self_: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnSqrtGetWorkspaceSize" since "8.1";
    status fn aclnnSub(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnSub" since "8.1";
    status fn aclnnSubGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclTensor, alpha: *const aclScalar, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnSubGetWorkspaceSize" since "8.1";
    status fn aclnnSubs(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnSubs" since "8.1";
    status fn aclnnSubsGetWorkspaceSize(
        self_: *const aclTensor, other: *const aclScalar, alpha: *const aclScalar, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnSubsGetWorkspaceSize" since "8.1";

    // Reductions, softmax, sorting, sampling, losses.
    status fn aclnnAll(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAll" since "8.1";
    status fn aclnnAllGetWorkspaceSize(
        self_: *const aclTensor, dim: *const aclIntArray, keepdim: bool, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAllGetWorkspaceSize" since "8.1";
    status fn aclnnAmax(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAmax" since "8.1";
    status fn aclnnAmaxGetWorkspaceSize(
        self_: *const aclTensor, dim: *const aclIntArray, keepDim: bool, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAmaxGetWorkspaceSize" since "8.1";
    status fn aclnnAmin(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAmin" since "8.1";
    status fn aclnnAminGetWorkspaceSize(
        self_: *const aclTensor, dim: *const aclIntArray, keepDim: bool, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAminGetWorkspaceSize" since "8.1";
    status fn aclnnAny(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAny" since "8.1";
    status fn aclnnAnyGetWorkspaceSize(
        self_: *const aclTensor, dim: *const aclIntArray, keepdim: bool, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAnyGetWorkspaceSize" since "8.1";
    status fn aclnnApplyTopKTopP(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnApplyTopKTopP" since "8.2";
    status fn aclnnApplyTopKTopPGetWorkspaceSize(
        logits: *const aclTensor, p: *const aclTensor, k: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnApplyTopKTopPGetWorkspaceSize" since "8.2";
    status fn aclnnArgMax(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnArgMax" since "8.1";
    status fn aclnnArgMaxGetWorkspaceSize(
        self_: *const aclTensor, dim: i64, keepdim: bool, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnArgMaxGetWorkspaceSize" since "8.1";
    status fn aclnnArgsort(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnArgsort" since "8.1";
    status fn aclnnArgsortGetWorkspaceSize(
        self_: *const aclTensor, dim: i64, descending: bool, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnArgsortGetWorkspaceSize" since "8.1";
    status fn aclnnBincount(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnBincount" since "8.1";
    status fn aclnnBincountGetWorkspaceSize(
        self_: *const aclTensor, weights: *const aclTensor, minlength: i64, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnBincountGetWorkspaceSize" since "8.1";
    status fn aclnnCumsum(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnCumsum" since "8.1";
    status fn aclnnCumsumGetWorkspaceSize(
        self_: *const aclTensor, dim: i64, dtype: aclDataType, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnCumsumGetWorkspaceSize" since "8.1";
    status fn aclnnCumsumV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnCumsumV2" since "8.1";
    status fn aclnnCumsumV2GetWorkspaceSize(
        self_: *const aclTensor, dim: i64, exclusive: bool, reverse: bool, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnCumsumV2GetWorkspaceSize" since "8.1";
    status fn aclnnLogSoftmax(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnLogSoftmax" since "8.1";
    status fn aclnnLogSoftmaxBackward(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnLogSoftmaxBackward" since "8.1";
    status fn aclnnLogSoftmaxBackwardGetWorkspaceSize(
        gradOutput: *const aclTensor, output: *const aclTensor, dim: i64, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnLogSoftmaxBackwardGetWorkspaceSize" since "8.1";
    status fn aclnnLogSoftmaxGetWorkspaceSize(
        self_: *const aclTensor, dim: i64, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnLogSoftmaxGetWorkspaceSize" since "8.1";
    status fn aclnnMax(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMax" since "8.1";
    status fn aclnnMaxDim(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMaxDim" since "8.1";
    status fn aclnnMaxDimGetWorkspaceSize(
        self_: *const aclTensor, dim: i64, keepdim: bool, out: *mut aclTensor, indices: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMaxDimGetWorkspaceSize" since "8.1";
    status fn aclnnMaxGetWorkspaceSize(
        self_: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMaxGetWorkspaceSize" since "8.1";
    status fn aclnnMaxPool(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMaxPool" since "8.1";
    status fn aclnnMaxPoolGetWorkspaceSize(
        self_: *const aclTensor, kernelShape: *const aclIntArray, strides: *const aclIntArray, autoPad: i64, pads: *const aclIntArray,
        dilations: *const aclIntArray, ceilMode: i64, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMaxPoolGetWorkspaceSize" since "8.1";
    status fn aclnnMaxV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMaxV2" since "8.1";
    status fn aclnnMaxV2GetWorkspaceSize(
        self_: *const aclTensor, dims: *const aclIntArray, keepDims: bool, noopWithEmptyDims: bool, out: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMaxV2GetWorkspaceSize" since "8.1";
    status fn aclnnMean(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMean" since "8.1";
    status fn aclnnMeanGetWorkspaceSize(
        self_: *const aclTensor, dim: *const aclIntArray, keepDim: bool, dtype: aclDataType, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMeanGetWorkspaceSize" since "8.1";
    status fn aclnnMeanV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMeanV2" since "8.1";
    status fn aclnnMeanV2GetWorkspaceSize(
        self_: *const aclTensor, dim: *const aclIntArray, keepDim: bool, noopWithEmptyAxes: bool, out: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMeanV2GetWorkspaceSize" since "8.1";
    status fn aclnnMin(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMin" since "8.1";
    status fn aclnnMinDim(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMinDim" since "8.1";
    status fn aclnnMinDimGetWorkspaceSize(
        self_: *const aclTensor, dim: i64, keepdim: bool, out: *mut aclTensor, indices: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMinDimGetWorkspaceSize" since "8.1";
    status fn aclnnMinGetWorkspaceSize(
        self_: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMinGetWorkspaceSize" since "8.1";
    status fn aclnnMultinomial(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMultinomial" since "8.1";
    status fn aclnnMultinomialGetWorkspaceSize(
        self_: *const aclTensor, numsamples: i64, replacement: bool, seed: i64, offset: i64, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMultinomialGetWorkspaceSize" since "8.1";
    status fn aclnnNLLLoss(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnNLLLoss" since "8.1";
    status fn aclnnNLLLossBackward(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnNLLLossBackward" since "8.1";
    status fn aclnnNLLLossBackwardGetWorkspaceSize(
        gradOutput: *const aclTensor, self_: *const aclTensor, target: *const aclTensor, weight: *const aclTensor, reduction: i64,
        ignoreIndex: i64, totalWeight: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnNLLLossBackwardGetWorkspaceSize" since "8.1";
    status fn aclnnNLLLossGetWorkspaceSize(
        self_: *const aclTensor, target: *const aclTensor, weight: *const aclTensor, reduction: i64, ignoreIndex: i64, out: *mut aclTensor,
        totalWeightOut: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnNLLLossGetWorkspaceSize" since "8.1";
    status fn aclnnReduceSum(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnReduceSum" since "8.1";
    status fn aclnnReduceSumGetWorkspaceSize(
        self_: *const aclTensor, dims: *const aclIntArray, keepDims: bool, dtype: aclDataType, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnReduceSumGetWorkspaceSize" since "8.1";
    status fn aclnnSoftmax(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnSoftmax" since "8.1";
    status fn aclnnSoftmaxCrossEntropyWithLogits(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnSoftmaxCrossEntropyWithLogits" since "9.0";
    status fn aclnnSoftmaxCrossEntropyWithLogitsGetWorkspaceSize(
        features: *const aclTensor, labels: *mut aclTensor, loss: *mut aclTensor, backprop: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnSoftmaxCrossEntropyWithLogitsGetWorkspaceSize" since "9.0";
    status fn aclnnSoftmaxGetWorkspaceSize(
        self_: *const aclTensor, dim: i64, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnSoftmaxGetWorkspaceSize" since "8.1";
    status fn aclnnSort(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnSort" since "8.1";
    status fn aclnnSortGetWorkspaceSize(
        self_: *const aclTensor, stable: bool, dim: i64, descending: bool, valuesOut: *mut aclTensor, indicesOut: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnSortGetWorkspaceSize" since "8.1";
    status fn aclnnTopKTopPSample(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnTopKTopPSample" since "9.0";
    status fn aclnnTopKTopPSampleGetWorkspaceSize(
        logits: *const aclTensor, topK: *const aclTensor, topP: *const aclTensor, q: *const aclTensor, eps: f64, isNeedLogits: bool,
        topKGuess: i64, logitsSelectIdx: *const aclTensor, logitsTopKPSelect: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnTopKTopPSampleGetWorkspaceSize" since "9.0";
    status fn aclnnTopKTopPSampleV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnTopKTopPSampleV2" since "9.0";
    status fn aclnnTopKTopPSampleV2GetWorkspaceSize(
        logits: *const aclTensor, topK: *const aclTensor, topP: *const aclTensor, q: *const aclTensor, minPs: *const aclTensor, eps: f64,
        isNeedLogits: bool, topKGuess: i64, ksMax: i64, inputIsLogits: bool, isNeedSampleResult: bool, logitsSelectIdx: *const aclTensor,
        logitsTopKPSelect: *const aclTensor, logitsIdx: *const aclTensor, logitsSortMasked: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnTopKTopPSampleV2GetWorkspaceSize" since "9.0";
    status fn aclnnTopk(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnTopk" since "8.1";
    status fn aclnnTopkGetWorkspaceSize(
        self_: *const aclTensor, k: i64, dim: i64, largest: bool, sorted: bool, valuesOut: *mut aclTensor, indicesOut: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnTopkGetWorkspaceSize" since "8.1";

    // Gather, scatter, embedding, selection.
    status fn aclnnEmbedding(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnEmbedding" since "8.1";
    status fn aclnnEmbeddingGetWorkspaceSize(
        weight: *const aclTensor, indices: *const aclTensor, out: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnEmbeddingGetWorkspaceSize" since "8.1";
    status fn aclnnGather(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGather" since "8.1";
    status fn aclnnGatherGetWorkspaceSize(
        self_: *const aclTensor, dim: i64, index: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGatherGetWorkspaceSize" since "8.1";
    status fn aclnnGatherV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGatherV2" since "8.1";
    status fn aclnnGatherV2GetWorkspaceSize(
        self_: *const aclTensor, dim: i64, index: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGatherV2GetWorkspaceSize" since "8.1";
    status fn aclnnGatherV3(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnGatherV3" since "8.2";
    status fn aclnnGatherV3GetWorkspaceSize(
        self_: *const aclTensor, dim: i64, index: *const aclTensor, batchDims: i64, mode: i64, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnGatherV3GetWorkspaceSize" since "8.2";
    status fn aclnnIndex(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnIndex" since "8.1";
    status fn aclnnIndexAdd(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnIndexAdd" since "8.1";
    status fn aclnnIndexAddGetWorkspaceSize(
        self_: *const aclTensor, dim: i64, index: *const aclTensor, source: *const aclTensor, alpha: *const aclScalar, out: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnIndexAddGetWorkspaceSize" since "8.1";
    status fn aclnnIndexGetWorkspaceSize(
        self_: *const aclTensor, indices: *const aclTensorList, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnIndexGetWorkspaceSize" since "8.1";
    status fn aclnnIndexPutImpl(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnIndexPutImpl" since "8.1";
    status fn aclnnIndexPutImplGetWorkspaceSize(
        selfRef: *mut aclTensor, indices: *const aclTensorList, values: *const aclTensor, accumulate: bool, unsafe_: bool,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnIndexPutImplGetWorkspaceSize" since "8.1";
    status fn aclnnIndexSelect(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnIndexSelect" since "8.1";
    status fn aclnnIndexSelectGetWorkspaceSize(
        self_: *const aclTensor, dim: i64, index: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnIndexSelectGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceIndexCopy(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceIndexCopy" since "8.1";
    status fn aclnnInplaceIndexCopyGetWorkspaceSize(
        selfRef: *mut aclTensor, dim: i64, index: *const aclTensor, source: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceIndexCopyGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceMaskedFillScalar(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceMaskedFillScalar" since "8.1";
    status fn aclnnInplaceMaskedFillScalarGetWorkspaceSize(
        selfRef: *mut aclTensor, mask: *const aclTensor, value: *const aclScalar, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceMaskedFillScalarGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceMaskedFillTensor(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceMaskedFillTensor" since "8.1";
    status fn aclnnInplaceMaskedFillTensorGetWorkspaceSize(
        selfRef: *mut aclTensor, mask: *const aclTensor, value: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceMaskedFillTensorGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceScatter(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceScatter" since "8.1";
    status fn aclnnInplaceScatterGetWorkspaceSize(
        selfRef: *mut aclTensor, dim: i64, index: *const aclTensor, src: *const aclTensor, reduce: i64, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceScatterGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceScatterUpdate(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceScatterUpdate" since "8.1";
    status fn aclnnInplaceScatterUpdateGetWorkspaceSize(
        data: *mut aclTensor, indices: *const aclTensor, updates: *const aclTensor, axis: i64, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceScatterUpdateGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceScatterValue(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceScatterValue" since "8.1";
    status fn aclnnInplaceScatterValueGetWorkspaceSize(
        selfRef: *mut aclTensor, dim: i64, index: *const aclTensor, value: *const aclScalar, reduce: i64, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceScatterValueGetWorkspaceSize" since "8.1";
    status fn aclnnMaskedSelect(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMaskedSelect" since "8.1";
    status fn aclnnMaskedSelectGetWorkspaceSize(
        self_: *const aclTensor, mask: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMaskedSelectGetWorkspaceSize" since "8.1";
    status fn aclnnNonzero(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnNonzero" since "8.1";
    status fn aclnnNonzeroGetWorkspaceSize(
        self_: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnNonzeroGetWorkspaceSize" since "8.1";
    status fn aclnnNonzeroV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnNonzeroV2" since "8.1";
    status fn aclnnNonzeroV2GetWorkspaceSize(
        self_: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnNonzeroV2GetWorkspaceSize" since "8.1";
    status fn aclnnOneHot(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnOneHot" since "8.1";
    status fn aclnnOneHotGetWorkspaceSize(
        self_: *const aclTensor, numClasses: c_int, onValue: *const aclTensor, offValue: *const aclTensor, axis: i64, out: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnOneHotGetWorkspaceSize" since "8.1";
    status fn aclnnSWhere(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnSWhere" since "8.1";
    status fn aclnnSWhereGetWorkspaceSize(
        condition: *const aclTensor, self_: *const aclTensor, other: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnSWhereGetWorkspaceSize" since "8.1";
    status fn aclnnScatter(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnScatter" since "8.1";
    status fn aclnnScatterAdd(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnScatterAdd" since "8.1";
    status fn aclnnScatterAddGetWorkspaceSize(
        self_: *const aclTensor, dim: i64, index: *const aclTensor, src: *const aclTensor, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnScatterAddGetWorkspaceSize" since "8.1";
    status fn aclnnScatterGetWorkspaceSize(
        self_: *const aclTensor, dim: i64, index: *const aclTensor, src: *const aclTensor, reduce: i64, out: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnScatterGetWorkspaceSize" since "8.1";
    status fn aclnnScatterNdUpdate(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnScatterNdUpdate" since "8.1";
    status fn aclnnScatterNdUpdateGetWorkspaceSize(
        varRef: *mut aclTensor, indices: *const aclTensor, updates: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnScatterNdUpdateGetWorkspaceSize" since "8.1";
    status fn aclnnScatterValue(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnScatterValue" since "8.1";
    status fn aclnnScatterValueGetWorkspaceSize(
        self_: *const aclTensor, dim: i64, index: *const aclTensor, value: *const aclScalar, reduce: i64, out: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnScatterValueGetWorkspaceSize" since "8.1";

    // Copies, concatenation, permutation, padding, ranges, filling (with random numbers too), pooling.
    status fn aclnnArange(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnArange" since "8.1";
    status fn aclnnArangeGetWorkspaceSize(
        start: *const aclScalar, end: *const aclScalar, step: *const aclScalar, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnArangeGetWorkspaceSize" since "8.1";
    status fn aclnnAvgPool2d(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAvgPool2d" since "8.1";
    status fn aclnnAvgPool2dGetWorkspaceSize(
        self_: *const aclTensor, kernelSize: *const aclIntArray, strides: *const aclIntArray, paddings: *const aclIntArray, ceilMode: bool,
        countIncludePad: bool, divisorOverride: i64, cubeMathType: i8, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAvgPool2dGetWorkspaceSize" since "8.1";
    status fn aclnnCast(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnCast" since "8.1";
    status fn aclnnCastGetWorkspaceSize(
        self_: *const aclTensor, dtype: aclDataType, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnCastGetWorkspaceSize" since "8.1";
    status fn aclnnCat(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnCat" since "8.1";
    status fn aclnnCatGetWorkspaceSize(
        tensors: *const aclTensorList, dim: i64, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnCatGetWorkspaceSize" since "8.1";
    status fn aclnnConstantPadNd(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnConstantPadNd" since "8.1";
    status fn aclnnConstantPadNdGetWorkspaceSize(
        self_: *const aclTensor, pad: *const aclIntArray, value: *const aclScalar, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnConstantPadNdGetWorkspaceSize" since "8.1";
    status fn aclnnIm2col(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnIm2col" since "8.1";
    status fn aclnnIm2colGetWorkspaceSize(
        self_: *const aclTensor, kernelSize: *const aclIntArray, dilation: *const aclIntArray, padding: *const aclIntArray,
        stride: *const aclIntArray, out: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnIm2colGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceCopy(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceCopy" since "8.1";
    status fn aclnnInplaceCopyGetWorkspaceSize(
        selfRef: *mut aclTensor, src: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceCopyGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceFillScalar(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceFillScalar" since "8.1";
    status fn aclnnInplaceFillScalarGetWorkspaceSize(
        selfRef: *mut aclTensor, value: *const aclScalar, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceFillScalarGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceNormal(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceNormal" since "8.1";
    status fn aclnnInplaceNormalGetWorkspaceSize(
        selfRef: *const aclTensor, mean: f32, std: f32, seed: i64, offset: i64, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceNormalGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceOne(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceOne" since "8.1";
    status fn aclnnInplaceOneGetWorkspaceSize(
        selfRef: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceOneGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceRandom(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceRandom" since "8.1";
    status fn aclnnInplaceRandomGetWorkspaceSize(
        selfRef: *const aclTensor, from: i64, to: i64, seed: i64, offset: i64, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceRandomGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceTriu(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceTriu" since "8.1";
    status fn aclnnInplaceTriuGetWorkspaceSize(
        selfRef: *mut aclTensor, diagonal: i64, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceTriuGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceUniform(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceUniform" since "8.1";
    status fn aclnnInplaceUniformGetWorkspaceSize(
        selfRef: *const aclTensor, from: f64, to: f64, seed: u64, offset: u64, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceUniformGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceZero(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceZero" since "8.1";
    status fn aclnnInplaceZeroGetWorkspaceSize(
        selfRef: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceZeroGetWorkspaceSize" since "8.1";
    status fn aclnnPermute(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnPermute" since "8.1";
    status fn aclnnPermuteGetWorkspaceSize(
        self_: *const aclTensor, dims: *const aclIntArray, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnPermuteGetWorkspaceSize" since "8.1";
    status fn aclnnRandperm(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnRandperm" since "8.1";
    status fn aclnnRandpermGetWorkspaceSize(
        n: i64, seed: i64, offset: i64, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnRandpermGetWorkspaceSize" since "8.1";
    status fn aclnnReflectionPad1d(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnReflectionPad1d" since "8.1";
    status fn aclnnReflectionPad1dGetWorkspaceSize(
        self_: *const aclTensor, padding: *const aclIntArray, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnReflectionPad1dGetWorkspaceSize" since "8.1";
    status fn aclnnRepeat(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnRepeat" since "8.1";
    status fn aclnnRepeatGetWorkspaceSize(
        self_: *const aclTensor, repeats: *const aclIntArray, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnRepeatGetWorkspaceSize" since "8.1";
    status fn aclnnRepeatInterleaveIntWithDim(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnRepeatInterleaveIntWithDim" since "8.1";
    status fn aclnnRepeatInterleaveIntWithDimGetWorkspaceSize(
        self_: *const aclTensor, repeats: i64, dim: i64, outputSize: i64, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnRepeatInterleaveIntWithDimGetWorkspaceSize" since "8.1";
    status fn aclnnSlice(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnSlice" since "8.1";
    status fn aclnnSliceGetWorkspaceSize(
        self_: *const aclTensor, dim: i64, start: i64, end: i64, step: i64, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnSliceGetWorkspaceSize" since "8.1";
    status fn aclnnSliceV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnSliceV2" since "8.1";
    status fn aclnnSliceV2GetWorkspaceSize(
        self_: *const aclTensor, starts: *const aclIntArray, ends: *const aclIntArray, axes: *const aclIntArray, steps: *const aclIntArray,
        out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnSliceV2GetWorkspaceSize" since "8.1";
    status fn aclnnStack(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnStack" since "8.1";
    status fn aclnnStackGetWorkspaceSize(
        tensors: *const aclTensorList, dim: i64, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnStackGetWorkspaceSize" since "8.1";
    status fn aclnnTril(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnTril" since "8.1";
    status fn aclnnTrilGetWorkspaceSize(
        self_: *const aclTensor, diagonal: i64, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnTrilGetWorkspaceSize" since "8.1";
    status fn aclnnTriu(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnTriu" since "8.1";
    status fn aclnnTriuGetWorkspaceSize(
        self_: *const aclTensor, diagonal: i64, out: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnTriuGetWorkspaceSize" since "8.1";
    status fn aclnnUpsampleNearest2d(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnUpsampleNearest2d" since "8.1";
    status fn aclnnUpsampleNearest2dGetWorkspaceSize(
        self_: *const aclTensor, outputSize: *const aclIntArray, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnUpsampleNearest2dGetWorkspaceSize" since "8.1";
    status fn aclnnUpsampleNearest2dV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnUpsampleNearest2dV2" since "8.1";
    status fn aclnnUpsampleNearest2dV2GetWorkspaceSize(
        self_: *const aclTensor, outputSize: *const aclIntArray, scalesH: f32, scalesW: f32, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnUpsampleNearest2dV2GetWorkspaceSize" since "8.1";

    // Operators fused with communication between devices.
    status fn aclnnAllGatherMatmul(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAllGatherMatmul" since "8.1";
    status fn aclnnAllGatherMatmulGetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, bias: *const aclTensor, group: *const c_char, gatherIndex: i64, commTurn: i64,
        streamMode: i64, output: *const aclTensor, gatherOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAllGatherMatmulGetWorkspaceSize" since "8.1";
    status fn aclnnAlltoAllAllGatherBatchMatMul(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnAlltoAllAllGatherBatchMatMul" since "8.1";
    status fn aclnnAlltoAllAllGatherBatchMatMulGetWorkspaceSize(
        x: *const aclTensor, weight: *const aclTensor, biasOptional: *const aclTensor, groupEp: *const c_char, groupTp: *const c_char,
        epWorldSize: i64, tpWorldSize: i64, xShardType: i64, actType: i64, y1Out: *mut aclTensor, y2OutOptional: *mut aclTensor,
        y3OutOptional: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnAlltoAllAllGatherBatchMatMulGetWorkspaceSize" since "8.1";
    status fn aclnnBatchMatMulReduceScatterAlltoAll(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnBatchMatMulReduceScatterAlltoAll" since "8.1";
    status fn aclnnBatchMatMulReduceScatterAlltoAllGetWorkspaceSize(
        x: *const aclTensor, weight: *const aclTensor, biasOptional: *const aclTensor, groupEp: *const c_char, groupTp: *const c_char,
        epWorldSize: i64, tpWorldSize: i64, yShardType: i64, out: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnBatchMatMulReduceScatterAlltoAllGetWorkspaceSize" since "8.1";
    status fn aclnnDistributeBarrier(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnDistributeBarrier" since "8.2";
    status fn aclnnDistributeBarrierGetWorkspaceSize(
        xRef: *mut aclTensor, group: *const c_char, worldSize: i64, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnDistributeBarrierGetWorkspaceSize" since "8.2";
    status fn aclnnDistributeBarrierV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnDistributeBarrierV2" since "8.5";
    status fn aclnnDistributeBarrierV2GetWorkspaceSize(
        xRef: *const aclTensor, timeOut: *const aclTensor, elasticInfo: *const aclTensor, group: *const c_char, worldSize: i64,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnDistributeBarrierV2GetWorkspaceSize" since "8.5";
    status fn aclnnElasticReceivableInfoCollect(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnElasticReceivableInfoCollect" since "8.5";
    status fn aclnnElasticReceivableInfoCollectGetWorkspaceSize(
        group: *const c_char, worldSize: i64, y: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnElasticReceivableInfoCollectGetWorkspaceSize" since "8.5";
    status fn aclnnElasticReceivableTest(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnElasticReceivableTest" since "8.5";
    status fn aclnnElasticReceivableTestGetWorkspaceSize(
        dstRank: *mut aclTensor, group: *const c_char, worldSize: i64, rank_num: i64, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnElasticReceivableTestGetWorkspaceSize" since "8.5";
    status fn aclnnInplaceMatmulAllReduceAddRmsNorm(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceMatmulAllReduceAddRmsNorm" since "8.1";
    status fn aclnnInplaceMatmulAllReduceAddRmsNormGetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, bias: *const aclTensor, residual: *const aclTensor, gamma: *const aclTensor,
        epsilon: f64, group: *const c_char, reduceOp: *const c_char, commTurn: i64, streamMode: i64, normOut: *const aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceMatmulAllReduceAddRmsNormGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceQuantMatmulAllReduceAddRmsNorm(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceQuantMatmulAllReduceAddRmsNorm" since "8.1";
    status fn aclnnInplaceQuantMatmulAllReduceAddRmsNormGetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, bias: *const aclTensor, dequantScale: *const aclTensor, residual: *const aclTensor,
        gamma: *const aclTensor, epsilon: f64, group: *const c_char, reduceOp: *const c_char, commTurn: i64, streamMode: i64,
        normOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceQuantMatmulAllReduceAddRmsNormGetWorkspaceSize" since "8.1";
    status fn aclnnInplaceWeightQuantMatmulAllReduceAddRmsNorm(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnInplaceWeightQuantMatmulAllReduceAddRmsNorm" since "8.1";
    status fn aclnnInplaceWeightQuantMatmulAllReduceAddRmsNormGetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, bias: *const aclTensor, antiquantScale: *const aclTensor,
        antiquantOffset: *const aclTensor, residual: *const aclTensor, gamma: *const aclTensor, epsilon: f64, group: *const c_char,
        reduceOp: *const c_char, commTurn: i64, streamMode: i64, antiquantGroupSize: i64, normOut: *const aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnInplaceWeightQuantMatmulAllReduceAddRmsNormGetWorkspaceSize" since "8.1";
    status fn aclnnMatmulAllReduce(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMatmulAllReduce" since "8.1";
    status fn aclnnMatmulAllReduceAddRmsNorm(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMatmulAllReduceAddRmsNorm" since "8.1";
    status fn aclnnMatmulAllReduceAddRmsNormGetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, bias: *const aclTensor, residual: *const aclTensor, gamma: *const aclTensor,
        epsilon: f64, group: *const c_char, reduceOp: *const c_char, commTurn: i64, streamMode: i64, y: *const aclTensor,
        normOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMatmulAllReduceAddRmsNormGetWorkspaceSize" since "8.1";
    status fn aclnnMatmulAllReduceGetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, bias: *const aclTensor, group: *const c_char, reduceOp: *const c_char, commTurn: i64,
        streamMode: i64, output: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMatmulAllReduceGetWorkspaceSize" since "8.1";
    status fn aclnnMatmulAllReduceV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMatmulAllReduceV2" since "8.1";
    status fn aclnnMatmulAllReduceV2GetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, bias: *const aclTensor, x3: *const aclTensor, group: *const c_char,
        reduceOp: *const c_char, commTurn: i64, streamMode: i64, output: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMatmulAllReduceV2GetWorkspaceSize" since "8.1";
    status fn aclnnMatmulReduceScatter(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMatmulReduceScatter" since "8.1";
    status fn aclnnMatmulReduceScatterGetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, bias: *const aclTensor, group: *const c_char, reduceOp: *const c_char, commTurn: i64,
        streamMode: i64, output: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMatmulReduceScatterGetWorkspaceSize" since "8.1";
    status fn aclnnMoeDistributeBufferReset(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeDistributeBufferReset" since "8.5";
    status fn aclnnMoeDistributeBufferResetGetWorkspaceSize(
        elasticInfo: *const aclTensor, groupEp: *const c_char, epWorldSize: i64, needSync: i64, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeDistributeBufferResetGetWorkspaceSize" since "8.5";
    status fn aclnnMoeDistributeCombine(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeDistributeCombine" since "8.1";
    status fn aclnnMoeDistributeCombineAddRmsNorm(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeDistributeCombineAddRmsNorm" since "8.2";
    status fn aclnnMoeDistributeCombineAddRmsNormGetWorkspaceSize(
        expandX: *const aclTensor, expertIds: *const aclTensor, assistInfoForCombine: *const aclTensor, epSendCounts: *const aclTensor,
        expertScales: *const aclTensor, residualX: *const aclTensor, gamma: *const aclTensor, tpSendCountsOptional: *const aclTensor,
        xActiveMaskOptional: *const aclTensor, activationScaleOptional: *const aclTensor, weightScaleOptional: *const aclTensor,
        groupListOptional: *const aclTensor, expandScalesOptional: *const aclTensor, sharedExpertXOptional: *const aclTensor,
        groupEp: *const c_char, epWorldSize: i64, epRankId: i64, moeExpertNum: i64, groupTp: *const c_char, tpWorldSize: i64, tpRankId: i64,
        expertShardType: i64, sharedExpertNum: i64, sharedExpertRankNum: i64, globalBs: i64, outDtype: i64, commQuantMode: i64,
        groupListType: i64, commAlg: *const c_char, normEps: f32, yOut: *mut aclTensor, rstdOut: *mut aclTensor, xOut: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeDistributeCombineAddRmsNormGetWorkspaceSize" since "8.2";
    status fn aclnnMoeDistributeCombineAddRmsNormV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeDistributeCombineAddRmsNormV2" since "8.5";
    status fn aclnnMoeDistributeCombineAddRmsNormV2GetWorkspaceSize(
        expandX: *const aclTensor, expertIds: *const aclTensor, assistInfoForCombine: *const aclTensor, epSendCounts: *const aclTensor,
        expertScales: *const aclTensor, residualX: *const aclTensor, gamma: *const aclTensor, tpSendCountsOptional: *const aclTensor,
        xActiveMaskOptional: *const aclTensor, activationScaleOptional: *const aclTensor, weightScaleOptional: *const aclTensor,
        groupListOptional: *const aclTensor, expandScalesOptional: *const aclTensor, sharedExpertXOptional: *const aclTensor,
        elasticInfoOptional: *const aclTensor, oriXOptional: *const aclTensor, constExpertAlpha1Optional: *const aclTensor,
        constExpertAlpha2Optional: *const aclTensor, constExpertVOptional: *const aclTensor, groupEp: *const c_char, epWorldSize: i64,
        epRankId: i64, moeExpertNum: i64, groupTp: *const c_char, tpWorldSize: i64, tpRankId: i64, expertShardType: i64,
        sharedExpertNum: i64, sharedExpertRankNum: i64, globalBs: i64, outDtype: i64, commQuantMode: i64, groupListType: i64,
        commAlg: *const c_char, normEps: f32, zeroExpertNum: i64, copyExpertNum: i64, constExpertNum: i64, yOut: *mut aclTensor,
        rstdOut: *mut aclTensor, xOut: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeDistributeCombineAddRmsNormV2GetWorkspaceSize" since "8.5";
    status fn aclnnMoeDistributeCombineGetWorkspaceSize(
        expandX: *const aclTensor, expertIds: *const aclTensor, expandIdx: *const aclTensor, epSendCounts: *const aclTensor,
        expertScales: *const aclTensor, tpSendCounts: *const aclTensor, xActiveMask: *const aclTensor, activationScale: *const aclTensor,
        weightScale: *const aclTensor, groupList: *const aclTensor, expandScales: *const aclTensor, groupEp: *const c_char,
        epWorldSize: i64, epRankId: i64, moeExpertNum: i64, groupTp: *const c_char, tpWorldSize: i64, tpRankId: i64, expertShardType: i64,
        sharedExpertNum: i64, sharedExpertRankNum: i64, globalBs: i64, outDtype: i64, commQuantMode: i64, groupListType: i64,
        x: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeDistributeCombineGetWorkspaceSize" since "8.1";
    status fn aclnnMoeDistributeCombineV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeDistributeCombineV2" since "8.2";
    status fn aclnnMoeDistributeCombineV2GetWorkspaceSize(
        expandX: *const aclTensor, expertIds: *const aclTensor, assistInfoForCombine: *const aclTensor, epSendCounts: *const aclTensor,
        expertScales: *const aclTensor, tpSendCountsOptional: *const aclTensor, xActiveMaskOptional: *const aclTensor,
        activationScaleOptional: *const aclTensor, weightScaleOptional: *const aclTensor, groupListOptional: *const aclTensor,
        expandScalesOptional: *const aclTensor, sharedExpertXOptional: *const aclTensor, groupEp: *const c_char, epWorldSize: i64,
        epRankId: i64, moeExpertNum: i64, groupTp: *const c_char, tpWorldSize: i64, tpRankId: i64, expertShardType: i64,
        sharedExpertNum: i64, sharedExpertRankNum: i64, globalBs: i64, outDtype: i64, commQuantMode: i64, groupListType: i64,
        commAlg: *const c_char, xOut: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeDistributeCombineV2GetWorkspaceSize" since "8.2";
    status fn aclnnMoeDistributeCombineV3(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeDistributeCombineV3" since "8.3";
    status fn aclnnMoeDistributeCombineV3GetWorkspaceSize(
        expandX: *const aclTensor, expertIds: *const aclTensor, assistInfoForCombine: *const aclTensor, epSendCounts: *const aclTensor,
        expertScales: *const aclTensor, tpSendCountsOptional: *const aclTensor, xActiveMaskOptional: *const aclTensor,
        activationScaleOptional: *const aclTensor, weightScaleOptional: *const aclTensor, groupListOptional: *const aclTensor,
        expandScalesOptional: *const aclTensor, sharedExpertXOptional: *const aclTensor, elasticInfoOptional: *const aclTensor,
        oriXOptional: *const aclTensor, constExpertAlpha1Optional: *const aclTensor, constExpertAlpha2Optional: *const aclTensor,
        constExpertVOptional: *const aclTensor, groupEp: *const c_char, epWorldSize: i64, epRankId: i64, moeExpertNum: i64,
        groupTp: *const c_char, tpWorldSize: i64, tpRankId: i64, expertShardType: i64, sharedExpertNum: i64, sharedExpertRankNum: i64,
        globalBs: i64, outDtype: i64, commQuantMode: i64, groupListType: i64, commAlg: *const c_char, zeroExpertNum: i64,
        copyExpertNum: i64, constExpertNum: i64, xOut: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeDistributeCombineV3GetWorkspaceSize" since "8.3";
    status fn aclnnMoeDistributeCombineV4(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeDistributeCombineV4" since "8.5";
    status fn aclnnMoeDistributeCombineV4GetWorkspaceSize(
        expandX: *const aclTensor, expertIds: *const aclTensor, assistInfoForCombine: *const aclTensor, epSendCounts: *const aclTensor,
        expertScales: *const aclTensor, tpSendCountsOptional: *const aclTensor, xActiveMaskOptional: *const aclTensor,
        activationScaleOptional: *const aclTensor, weightScaleOptional: *const aclTensor, groupListOptional: *const aclTensor,
        expandScalesOptional: *const aclTensor, sharedExpertXOptional: *const aclTensor, elasticInfoOptional: *const aclTensor,
        oriXOptional: *const aclTensor, constExpertAlpha1Optional: *const aclTensor, constExpertAlpha2Optional: *const aclTensor,
        constExpertVOptional: *const aclTensor, performanceInfoOptional: *const aclTensor, groupEp: *const c_char, epWorldSize: i64,
        epRankId: i64, moeExpertNum: i64, groupTp: *const c_char, tpWorldSize: i64, tpRankId: i64, expertShardType: i64,
        sharedExpertNum: i64, sharedExpertRankNum: i64, globalBS: i64, outDtype: i64, commQuantMode: i64, groupListType: i64,
        commAlg: *const c_char, zeroExpertNum: i64, copyExpertNum: i64, constExpertNum: i64, xOut: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeDistributeCombineV4GetWorkspaceSize" since "8.5";
    status fn aclnnMoeDistributeDispatch(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeDistributeDispatch" since "8.1";
    status fn aclnnMoeDistributeDispatchGetWorkspaceSize(
        x: *const aclTensor, expertIds: *const aclTensor, scales: *const aclTensor, xActiveMask: *const aclTensor,
        expertScales: *const aclTensor, groupEp: *const c_char, epWorldSize: i64, epRankId: i64, moeExpertNum: i64, groupTp: *const c_char,
        tpWorldSize: i64, tpRankId: i64, expertShardType: i64, sharedExpertNum: i64, sharedExpertRankNum: i64, quantMode: i64,
        globalBs: i64, expertTokenNumsType: i64, expandX: *mut aclTensor, dynamicScales: *mut aclTensor, expandIdx: *mut aclTensor,
        expertTokenNums: *mut aclTensor, epRecvCounts: *mut aclTensor, tpRecvCounts: *mut aclTensor, expandScales: *mut aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeDistributeDispatchGetWorkspaceSize" since "8.1";
    status fn aclnnMoeDistributeDispatchV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeDistributeDispatchV2" since "8.2";
    status fn aclnnMoeDistributeDispatchV2GetWorkspaceSize(
        x: *const aclTensor, expertIds: *const aclTensor, scalesOptional: *const aclTensor, xActiveMaskOptional: *const aclTensor,
        expertScalesOptional: *const aclTensor, groupEp: *const c_char, epWorldSize: i64, epRankId: i64, moeExpertNum: i64,
        groupTp: *const c_char, tpWorldSize: i64, tpRankId: i64, expertShardType: i64, sharedExpertNum: i64, sharedExpertRankNum: i64,
        quantMode: i64, globalBs: i64, expertTokenNumsType: i64, commAlg: *const c_char, expandXOut: *mut aclTensor,
        dynamicScalesOut: *mut aclTensor, assistInfoForCombineOut: *mut aclTensor, expertTokenNumsOut: *mut aclTensor,
        epRecvCountsOut: *mut aclTensor, tpRecvCountsOut: *mut aclTensor, expandScalesOut: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeDistributeDispatchV2GetWorkspaceSize" since "8.2";
    status fn aclnnMoeDistributeDispatchV3(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeDistributeDispatchV3" since "8.3";
    status fn aclnnMoeDistributeDispatchV3GetWorkspaceSize(
        x: *const aclTensor, expertIds: *const aclTensor, scalesOptional: *const aclTensor, xActiveMaskOptional: *const aclTensor,
        expertScalesOptional: *const aclTensor, elasticInfoOptional: *const aclTensor, groupEp: *const c_char, epWorldSize: i64,
        epRankId: i64, moeExpertNum: i64, groupTp: *const c_char, tpWorldSize: i64, tpRankId: i64, expertShardType: i64,
        sharedExpertNum: i64, sharedExpertRankNum: i64, quantMode: i64, globalBs: i64, expertTokenNumsType: i64, commAlg: *const c_char,
        zeroExpertNum: i64, copyExpertNum: i64, constExpertNum: i64, expandXOut: *mut aclTensor, dynamicScalesOut: *mut aclTensor,
        assistInfoForCombineOut: *mut aclTensor, expertTokenNumsOut: *mut aclTensor, epRecvCountsOut: *mut aclTensor,
        tpRecvCountsOut: *mut aclTensor, expandScalesOut: *mut aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeDistributeDispatchV3GetWorkspaceSize" since "8.3";
    status fn aclnnMoeDistributeDispatchV4(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnMoeDistributeDispatchV4" since "8.5";
    status fn aclnnMoeDistributeDispatchV4GetWorkspaceSize(
        x: *const aclTensor, expertIds: *const aclTensor, scalesOptional: *const aclTensor, xActiveMaskOptional: *const aclTensor,
        expertScalesOptional: *const aclTensor, elasticInfoOptional: *const aclTensor, performanceInfoOptional: *const aclTensor,
        groupEp: *const c_char, epWorldSize: i64, epRankId: i64, moeExpertNum: i64, groupTp: *const c_char, tpWorldSize: i64, tpRankId: i64,
        expertShardType: i64, sharedExpertNum: i64, sharedExpertRankNum: i64, quantMode: i64, globalBS: i64, expertTokenNumsType: i64,
        commAlg: *const c_char, zeroExpertNum: i64, copyExpertNum: i64, constExpertNum: i64, expandXOut: *mut aclTensor,
        dynamicScalesOut: *mut aclTensor, assistInfoForCombineOut: *mut aclTensor, expertTokenNumsOut: *mut aclTensor,
        epRecvCountsOut: *mut aclTensor, tpRecvCountsOut: *mut aclTensor, expandScalesOut: *mut aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnMoeDistributeDispatchV4GetWorkspaceSize" since "8.5";
    status fn aclnnQuantMatmulAllReduce(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnQuantMatmulAllReduce" since "8.1";
    status fn aclnnQuantMatmulAllReduceAddRmsNorm(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnQuantMatmulAllReduceAddRmsNorm" since "8.1";
    status fn aclnnQuantMatmulAllReduceAddRmsNormGetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, bias: *const aclTensor, dequantScale: *const aclTensor, residual: *const aclTensor,
        gamma: *const aclTensor, epsilon: f64, group: *const c_char, reduceOp: *const c_char, commTurn: i64, streamMode: i64,
        y: *const aclTensor, normOut: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnQuantMatmulAllReduceAddRmsNormGetWorkspaceSize" since "8.1";
    status fn aclnnQuantMatmulAllReduceGetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, bias: *const aclTensor, x3: *const aclTensor, dequantScale: *const aclTensor,
        group: *const c_char, reduceOp: *const c_char, commTurn: i64, streamMode: i64, output: *const aclTensor, workspaceSize: *mut u64,
        executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnQuantMatmulAllReduceGetWorkspaceSize" since "8.1";
    status fn aclnnQuantMatmulAllReduceV2(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnQuantMatmulAllReduceV2" since "8.1";
    status fn aclnnQuantMatmulAllReduceV2GetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, biasOptional: *const aclTensor, x3Optional: *const aclTensor,
        dequantScale: *const aclTensor, pertokenScaleOptional: *const aclTensor, group: *const c_char, reduceOp: *const c_char,
        commTurn: i64, streamMode: i64, output: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnQuantMatmulAllReduceV2GetWorkspaceSize" since "8.1";
    status fn aclnnQuantMatmulAllReduceV3(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnQuantMatmulAllReduceV3" since "8.1";
    status fn aclnnQuantMatmulAllReduceV3GetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, biasOptional: *const aclTensor, x3Optional: *const aclTensor,
        dequantScale: *const aclTensor, pertokenScaleOptional: *const aclTensor, commQuantScale1Optional: *const aclTensor,
        commQuantScale2Optional: *const aclTensor, group: *const c_char, reduceOp: *const c_char, commTurn: i64, streamMode: i64,
        output: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnQuantMatmulAllReduceV3GetWorkspaceSize" since "8.1";
    status fn aclnnQuantMatmulAllReduceV4(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnQuantMatmulAllReduceV4" since "8.5";
    status fn aclnnQuantMatmulAllReduceV4GetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, biasOptional: *const aclTensor, x3Optional: *const aclTensor,
        x1ScaleOptional: *const aclTensor, x2Scale: *const aclTensor, commQuantScale1Optional: *const aclTensor,
        commQuantScale2Optional: *const aclTensor, group: *const c_char, reduceOp: *const c_char, commTurn: i64, streamMode: i64,
        groupSize: i64, commQuantMode: i64, output: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnQuantMatmulAllReduceV4GetWorkspaceSize" since "8.5";
    status fn aclnnWeightQuantMatmulAllReduce(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnWeightQuantMatmulAllReduce" since "8.1";
    status fn aclnnWeightQuantMatmulAllReduceAddRmsNorm(
        workspace: *mut c_void, workspaceSize: u64, executor: *mut aclOpExecutor, stream: aclrtStream,
    ) -> aclnnStatus = "aclnnWeightQuantMatmulAllReduceAddRmsNorm" since "8.1";
    status fn aclnnWeightQuantMatmulAllReduceAddRmsNormGetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, bias: *const aclTensor, antiquantScale: *const aclTensor,
        antiquantOffset: *const aclTensor, residual: *const aclTensor, gamma: *const aclTensor, epsilon: f64, group: *const c_char,
        reduceOp: *const c_char, commTurn: i64, streamMode: i64, antiquantGroupSize: i64, y: *const aclTensor, normOut: *const aclTensor,
        workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnWeightQuantMatmulAllReduceAddRmsNormGetWorkspaceSize" since "8.1";
    status fn aclnnWeightQuantMatmulAllReduceGetWorkspaceSize(
        x1: *const aclTensor, x2: *const aclTensor, bias: *const aclTensor, antiquantScale: *const aclTensor,
        antiquantOffset: *const aclTensor, x3: *const aclTensor, group: *const c_char, reduceOp: *const c_char, commTurn: i64,
        streamMode: i64, antiquantGroupSize: i64, output: *const aclTensor, workspaceSize: *mut u64, executor: *mut *mut aclOpExecutor,
    ) -> aclnnStatus = "aclnnWeightQuantMatmulAllReduceGetWorkspaceSize" since "8.1";
}
