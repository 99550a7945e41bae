//! Every rule of the twin has kernels that break it, and each is refused by name, core, pipe and line.

mod common;

use ascend_kernels::twin::{Call, Error, Options, Refusal, Schedule};

/// The sources under `tests/bad`: in each, the kernel's offending line says BAD.
const SOURCES: [(&str, &str); 5] = [
    ("buffers.cpp", include_str!("bad/buffers.cpp")),
    ("cube.cpp", include_str!("bad/cube.cpp")),
    ("instructions.cpp", include_str!("bad/instructions.cpp")),
    ("order.cpp", include_str!("bad/order.cpp")),
    ("vector.cpp", include_str!("bad/vector.cpp")),
];

/// Kernel, rule, core, pipe, and a piece of what is said.
const CASES: &[(&str, &str, &str, &str, &str)] = &[
    ("bad_capacity_ub", "capacity", "AIV 0", "-", "asks 94208 bytes of UB after 106496"),
    ("bad_capacity_buffers", "capacity", "AIV 0", "S", "buffer 65"),
    ("bad_capacity_l1", "capacity", "AIC 0", "-", "of L1"),
    ("bad_capacity_l0a", "capacity", "AIC 0", "-", "of L0A"),
    ("bad_capacity_l0b", "capacity", "AIC 0", "-", "of L0B"),
    ("bad_capacity_l0c", "capacity", "AIC 0", "-", "of L0C"),
    ("bad_capacity_bias", "capacity", "AIC 0", "-", "of BT"),
    ("bad_past_the_buffer", "capacity", "AIV 0", "V", "the buffer ends at 4096"),
    ("bad_alignment_vector", "alignment", "AIV 0", "-", "multiple of 32"),
    ("bad_alignment_transfer", "alignment", "AIV 0", "MTE2", "12 bytes"),
    ("bad_alignment_l0a", "alignment", "AIC 0", "-", "multiple of 512"),
    ("bad_alignment_l0c", "alignment", "AIC 0", "-", "multiple of 1024"),
    ("bad_uninitialised_vector", "uninitialised", "AIV 0", "V", "byte 32 has not been written"),
    ("bad_uninitialised_filler", "uninitialised", "AIV 0", "V", "byte 4 has not been written"),
    ("bad_uninitialised_scalar", "uninitialised", "AIV 0", "S", "has not been written"),
    ("bad_uninitialised_product", "uninitialised", "AIC 0", "FIX", "row 0, column 0"),
    ("bad_gm_range", "gm-range", "AIV 0", "MTE2", "32 bytes"),
    ("bad_gm_range_scalar", "gm-range", "AIV 0", "S", "not within one buffer"),
    ("bad_vector_type_bf16", "vector-type", "AIV 0", "V", "cast to float"),
    ("bad_vector_type_exp", "vector-type", "AIV 0", "V", "int32_t"),
    ("bad_vector_type_reduce", "vector-type", "AIV 0", "V", "int32_t"),
    ("bad_cast_float_int8", "cast-pair", "AIV 0", "V", "from float to int8_t"),
    ("bad_cast_bf16_half", "cast-pair", "AIV 0", "V", "from bfloat16_t to half"),
    ("bad_cast_rounding", "cast-pair", "AIV 0", "V", "needs a rounding"),
    ("bad_field_repeats", "field", "AIV 0", "V", "256 times; the most is 255"),
    ("bad_field_mask", "field", "AIV 0", "V", "masks 65 lanes"),
    ("bad_field_blocks", "field", "AIV 0", "-", "blockCount is 4096"),
    ("bad_field_padding", "field", "AIV 0", "-", "rightPadding is 9"),
    ("bad_field_compare", "field", "AIV 0", "V", "whole repeats"),
    ("bad_field_pitch", "field", "AIC 0", "-", "srcDValue is 0"),
    ("bad_field_depth", "field", "AIC 0", "-", "k is 4096"),
    ("bad_field_transpose", "field", "AIC 0", "MTE1", "16-bit"),
    ("bad_field_quantisation", "field", "AIC 0", "FIX", "float to half"),
    ("bad_mmad_types", "mmad-types", "AIC 0", "M", "bfloat16_t by half into float"),
    ("bad_mmad_types_int8", "mmad-types", "AIC 0", "M", "int8_t by int8_t into float"),
    ("bad_mmad_m", "mmad-m", "AIC 0", "M", "round m up to 16"),
    ("bad_core_vector", "core-type", "AIC 0", "V", "vectors work on UB"),
    ("bad_core_cube", "core-type", "AIV 0", "-", "no L1"),
    ("bad_event_id", "event-id", "AIV 0", "MTE2", "event id 8"),
    ("bad_event_pipe", "core-type", "AIV 0", "M", "no pipe M"),
    ("bad_event_of_pipe", "event-id", "AIC 0", "M", "are TPipe's"),
    ("bad_flag_twice", "flag-twice", "AIV 0", "V", "still set"),
    ("bad_flag_left", "flag-unmatched", "AIV 0", "V", "V_MTE2 0"),
    ("bad_deadlock", "deadlock", "-", "-", "AIV 0 waits for V_S"),
    ("bad_order_pipes", "order", "AIV 0", "V", "DataCopy of line"),
    ("bad_order_one_pipe", "order", "AIV 0", "V", "Duplicate of line"),
    ("bad_order_overwrite", "order", "AIV 0", "V", "reads"),
    ("bad_order_scalar", "order", "AIV 0", "S", "Duplicate of line"),
    ("bad_order_cores", "order", "AIV 1", "MTE2", "AIV 0, MTE3"),
    ("bad_shared_block", "shared-block", "AIV 1", "MTE3", "cores may not share"),
    ("bad_cache_dirty", "scalar-cache", "AIV 0", "MTE2", "DataCacheCleanAndInvalid"),
    ("bad_cache_stale", "scalar-cache", "AIV 0", "S", "took before the memory changed"),
    ("bad_cross_in_vector", "core-type", "AIV 0", "MTE3", "a mixed type only"),
    ("bad_sync_all_in_vector", "core-type", "AIV 0", "S", "KERNEL_TYPE_MIX_AIV_1_0"),
    ("bad_cross_id", "event-id", "AIC 0", "FIX", "flag id 16"),
    ("bad_cross_pipe", "field", "AIC 0", "S", "not S"),
    ("bad_cross_overflow", "cross-overflow", "AIC 0", "FIX", "past 15"),
    ("bad_cross_left", "flag-unmatched", "AIV 0.0", "-", "still counted"),
    ("bad_cross_deadlock", "deadlock", "-", "-", "CrossCoreWaitFlag"),
    ("bad_chip_load_2d", "chip", "AIC 0", "-", "dav-c220 does not"),
    ("bad_chip_load_2d_global", "chip", "AIC 0", "-", "dav-c220 does not"),
    ("bad_chip_load_3d", "chip", "AIC 0", "-", "dav-c220 does not"),
    ("bad_chip_load_transpose", "chip", "AIC 0", "-", "dav-c220 does not"),
    ("bad_core_load_global", "core-type", "AIC 0", "MTE2", "not into L0C"),
    ("bad_field_load_global", "field", "AIC 0", "MTE2", "for loads from L1"),
    ("bad_field_no_image", "field", "AIC 0", "MTE1", "SetFmatrix"),
    ("bad_field_image", "field", "AIC 0", "-", "l1H is 0"),
    ("bad_field_filter", "field", "AIC 0", "-", "the filter's height in the image is 3"),
    ("bad_field_window", "field", "AIC 0", "-", "mExtension is 32"),
    ("bad_field_unit_flag", "field", "AIC 0", "M", "unitFlag is 1"),
    ("bad_unit_flag_left", "flag-unmatched", "AIC 0", "M", "unit flag of byte 0"),
    ("bad_unit_flag_alone", "deadlock", "-", "-", "FIX stands at Fixpipe"),
    ("bad_unit_flag_area", "field", "AIC 0", "FIX", "the same sums"),
    ("bad_field_matrices", "field", "AIC 0", "-", "ndNum is 0"),
    ("bad_field_matrix_step", "field", "AIC 0", "-", "srcNdStride is 0"),
    ("bad_chip_elementwise", "chip", "AIC 0", "FIX", "eltWiseOp"),
    ("bad_field_sums", "field", "AIC 0", "-", "nSize (in multiples of 16) is 17"),
    ("bad_field_split", "field", "AIC 0", "FIX", "isChannelSplit"),
    ("bad_chip_shift", "chip", "AIV 0", "-", "dav-c220 does not"),
    ("bad_field_shift", "field", "AIV 0", "-", "the shift is 33"),
    ("bad_way_nd2nz", "core-type", "AIV 0", "-", "no way from UB to UB"),
    ("bad_way_pad", "core-type", "AIV 0", "-", "no way from UB to UB"),
    ("bad_field_nz2nd", "field", "AIV 0", "-", "dValue (in multiples of 16) is 8"),
    ("bad_field_nz2nd_rows", "field", "AIV 0", "-", "nValue is 0"),
    ("bad_vector_type_gatherb", "vector-type", "AIV 0", "V", "half"),
    ("bad_field_gatherb", "field", "AIV 0", "V", "may not be the same"),
    ("bad_alignment_gatherb", "alignment", "AIV 0", "V", "not a multiple of 32"),
    ("bad_alignment_cmp_mask", "alignment", "AIV 0", "-", "multiple of 16"),
    ("bad_field_select_mode", "field", "AIV 0", "V", "VSEL_TENSOR_SCALAR_MODE"),
    ("bad_uninitialised_select", "uninitialised", "AIV 0", "V", "byte 2048"),
    ("bad_field_no_merge", "field", "AIV 0", "S", "no MrgSort"),
    ("bad_field_no_extreme", "field", "AIV 0", "S", "no ReduceMax or ReduceMin"),
    ("bad_field_merge", "field", "AIV 0", "V", "no stop at an exhausted one"),
    ("bad_uninitialised_merge", "uninitialised", "AIV 0", "V", "has not been written"),
    ("bad_vector_type_transpose", "vector-type", "AIV 0", "V", "bfloat16_t"),
    ("bad_capacity_transpose", "capacity", "AIV 0", "V", "the buffer ends at 4096"),
    ("bad_field_transpose_type", "field", "AIV 0", "V", "transposeType 8"),
    ("bad_alignment_image", "alignment", "AIV 0", "V", "28 bytes a channel"),
    ("bad_capacity_allocator", "capacity", "AIV 0", "-", "of UB"),
    ("bad_queue", "queue", "AIV 0", "S", "DeQue on an empty queue"),
];

fn refusal(kernel: &str, schedule: Schedule) -> Option<Refusal> {
    let mut call = Call::new(kernel, 2);
    call.input(&[0.25f32; 1024]).output::<f32>(1024).workspace(0).tiling(&0u32);
    match call.run(&Options::schedule(schedule)) {
        Err(Error::Refused(refusal)) => Some(*refusal),
        Err(other) => panic!("{kernel}: {other}"),
        Ok(_) => None,
    }
}

/// File and line on which the kernel breaks its rule; nothing if its source marks none.
fn marked(kernel: &str) -> Option<(&'static str, u32)> {
    let (file, text) = SOURCES.into_iter().find(|(_, text)| text.contains(&format!("({kernel})")))?;
    let mut lines = text.lines().zip(1u32..).skip_while(|(line, _)| !line.contains(&format!("({kernel})")));
    lines.by_ref().take_while(|(line, _)| *line != "END").find(|(line, _)| line.ends_with("// BAD")).map(|(_, number)| (file, number))
}

#[test]
fn broken_rule_is_refused_with_kernel_core_pipe_and_line() {
    if common::no_twin() {
        return;
    }
    for &(kernel, rule, core, pipe, piece) in CASES {
        let found = refusal(kernel, Schedule::Eager).unwrap_or_else(|| panic!("{kernel} ran to its end"));
        assert_eq!(
            (found.kernel.as_str(), found.rule.as_str(), found.core.as_str(), found.pipe.as_str()),
            (kernel, rule, core, pipe),
            "{found}"
        );
        assert!(found.text.contains(piece), "{found}");
        if let Some((file, line)) = marked(kernel) {
            assert_eq!((found.file.as_str(), found.line), (file, line), "{found}");
        }
    }
}

#[test]
fn broken_rule_is_refused_under_every_schedule() {
    if common::no_twin() {
        return;
    }
    for &(kernel, rule, ..) in CASES {
        for schedule in Schedule::all(5) {
            let found = refusal(kernel, schedule).unwrap_or_else(|| panic!("{kernel} ran to its end, {schedule}"));
            // Where two mistakes race, the first to happen is told.
            assert!(
                found.rule == rule || ["order", "uninitialised", "flag-unmatched"].contains(&found.rule.as_str()),
                "{schedule}: {found}"
            );
        }
    }
}

#[test]
fn every_bad_kernel_has_its_case() {
    for (file, text) in SOURCES {
        for name in text.split(['(', ')']).filter(|word| word.starts_with("bad_")) {
            assert!(CASES.iter().any(|case| case.0 == name), "{file}: {name} is not tested");
        }
    }
}
