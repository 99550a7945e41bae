//! The API that kernels are written against, section by section: every function is called with every list of parameters it has, and what is new to the reader of the kernels is
//! computed here as well.

mod common;

use ascend_kernels::twin::{Call, Options, Schedule};
use half::f16;

/// The sections of the API with the functions that each names. Types and structs are checked where they are used.
const SECTIONS: &[(&str, &str, &[&str])] = &[
    (
        "classes",
        include_str!("api/classes.cpp"),
        &[
            "InitSocState",
            "TPipe",
            "Init(",
            "InitBuffer",
            "Reset(",
            "Destroy",
            "AllocEventID",
            "ReleaseEventID",
            "FetchEventID<",
            "FetchEventID(",
            "AllocTensor",
            "FreeTensor",
            "EnQue",
            "DeQue",
            "VacantInQue",
            "HasTensorInQue",
            "GetTensorCountInQue",
            "HasIdleBuffer",
            "FreeAllEvent",
            "Get<",
            "GetWithOffset",
            "SetGlobalBuffer",
            "GetPhyAddr",
            "GetValue",
            "SetValue",
            "GetSize",
            "SetSize",
            "SetL2CacheHint",
            "ReinterpretCast",
            "GetPosition",
            "LocalMemAllocator",
            "TQue<",
            "TBuf<",
        ],
    ),
    (
        "system",
        include_str!("api/system.cpp"),
        &[
            "GetBlockIdx",
            "GetBlockNum",
            "GetSubBlockIdx",
            "GetSubBlockNum",
            "GetTaskRation",
            "SetFlag<",
            "WaitFlag<",
            "PipeBarrier<",
            "CrossCoreSetFlag<",
            "CrossCoreWaitFlag<",
            "CrossCoreWaitFlag(",
            "SyncAll<",
            "SyncAll(At",
            "SetSyncBaseAddr",
            "DataSyncBarrier",
            "DataCacheCleanAndInvalid",
            "SetAtomicAdd",
            "SetAtomicMax",
            "SetAtomicNone",
            "ICachePreLoad",
        ],
    ),
    (
        "movement",
        include_str!("api/movement.cpp"),
        &[
            "DataCopy(",
            "DataCopyPad(",
            "Copy(",
            "DataCopyParams",
            "DataCopyExtParams",
            "DataCopyPadParams",
            "Nz2NdParamsFull",
            "CopyRepeatParams",
        ],
    ),
    (
        "cube",
        include_str!("api/cube.cpp"),
        &[
            "Nd2NzParams",
            "DataCopyCO12DstParams",
            "LoadData2DParams",
            "LoadData3DParamsV2<",
            "LoadData3DParamsV2Pro",
            "LoadDataWithTranspose",
            "Mmad(",
            "Fixpipe(",
            "Fixpipe<",
            "SetFixpipeNz2ndFlag",
            "SetFixpipePreQuantFlag",
            "InitConstValue",
            "SetFmatrix",
            "SetLoadDataPaddingValue",
        ],
    ),
    (
        "vector",
        include_str!("api/vector.cpp"),
        &[
            "Add,",
            "Sub,",
            "Mul,",
            "Div,",
            "Max,",
            "Min,",
            "And,",
            "Or,",
            "MulAddDst",
            "FusedMulAdd",
            "Axpy",
            "Adds",
            "Muls",
            "Maxs",
            "Mins",
            "LeakyRelu",
            "ShiftLeft",
            "ShiftRight",
            "Exp",
            "Ln",
            "Abs",
            "Reciprocal",
            "Sqrt",
            "Rsqrt",
            "Relu",
            "Not",
            "Cast",
            "Duplicate",
            "Brcb",
            "CreateVecIndex",
            "ReduceSum(",
            "ReduceMax(",
            "ReduceMin(",
            "WholeReduceSum",
            "WholeReduceMax",
            "WholeReduceMin",
            "BlockReduceSum",
            "BlockReduceMax",
            "RepeatReduceSum",
            "PairReduceSum",
            "GetReduceMaxMinCount(most)",
            "GetReduceMaxMinCount(most, place)",
            "SetMaskCount(",
            "SetMaskCount<",
            "SetMaskNorm(",
            "SetMaskNorm<",
            "SetVectorMask",
            "ResetMask(",
            "ResetMask<",
            "SetDeqScale",
        ],
    ),
    (
        "select",
        include_str!("api/select.cpp"),
        &[
            "Compare(",
            "CompareScalar(",
            "Select(",
            "Select<",
            "SetCmpMask(",
            "GetCmpMask(",
            "Gather(",
            "Gatherb(",
            "GatherMask(",
            "GatherMask<",
            "Scatter(",
            "Sort32(",
            "MrgSort(",
            "MrgSort<",
            "GetMrgSortResult(",
            "Sort<",
            "Extract(",
            "Concat(",
            "Transpose(",
            "TransDataTo5HD(",
            "TransDataTo5HD<",
        ],
    ),
];

#[test]
fn every_function_of_a_section_is_called_and_the_kernels_are_run() {
    let tested = include_str!("api.rs");
    for (section, source, names) in SECTIONS {
        for name in *names {
            assert!(source.contains(name), "section {section} does not call {name}");
        }
        for kernel in
            source.split(['(', ',', ')']).filter_map(|word| word.trim().rsplit(' ').next()).filter(|word| word.starts_with("api_"))
        {
            assert!(tested.contains(&format!("\"{kernel}\"")), "{section}: nothing runs {kernel}");
        }
    }
}

/// What the kernel writes, the same under every schedule. `x` and the `f32` that it gives back.
fn run<T: bytemuck::NoUninit>(kernel: &str, blocks: u32, x: &[T], count: usize) -> Option<Vec<f32>> {
    if common::no_twin() {
        return None;
    }
    let mut first: Option<Vec<f32>> = None;
    for schedule in Schedule::all(20) {
        let mut call = Call::new(kernel, blocks);
        call.input(x).input(&vec![0f32; count]).workspace(1024).tiling(&0u32);
        let outcome = call.run(&Options::schedule(schedule)).unwrap_or_else(|e| panic!("{kernel}, {schedule}: {e}"));
        let y = outcome.read::<f32>(1);
        let bits = |y: &[f32]| y.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        if let Some(first) = &first {
            assert_eq!(bits(first), bits(&y), "{kernel}, {schedule}");
        }
        first.get_or_insert(y);
    }
    first
}

fn halves(values: impl IntoIterator<Item = f32>) -> Vec<u16> {
    values.into_iter().map(|v| f16::from_f32(v).to_bits()).collect()
}

/// Small whole numbers of both signs: sums of products of them are exact.
fn small(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7 + seed * 3) % 9) as f32 - 4.0).collect()
}

/// `a @ b^T`, with `k` columns each.
fn product(a: &[f32], b: &[f32], k: usize) -> Vec<f32> {
    a.chunks(k).flat_map(|row| b.chunks(k).map(|column| row.iter().zip(column).map(|(x, y)| x * y).sum())).collect()
}

fn transposed(a: &[f32], columns: usize) -> Vec<f32> {
    (0..columns).flat_map(|c| a.iter().skip(c).step_by(columns)).copied().collect()
}

#[test]
fn classes_hand_out_room_events_and_tensors() {
    let x: Vec<f32> = (0..1024).map(|i| i as f32).collect();
    let plus_two: Vec<f32> = x[..64].iter().map(|v| v + 2.0).collect();
    let Some(y) = run("api_classes", 1, &x, 64) else { return };
    assert_eq!((y[0], &y[1..]), (1.0, &plus_two[1..]), "the first says whether all that was asked was told");
    assert_eq!(run("api_static", 1, &x, 64).unwrap(), plus_two);
}

#[test]
fn cores_add_up_wait_for_each_other_and_clean_their_caches() {
    let Some(y) = run("api_system", 3, &[0f32; 64], 512) else { return };
    assert_eq!((&y[..8], &y[8..16]), (&[3f32; 8][..], &[1f32; 8][..]));
    assert_eq!([y[256], y[272], y[288], y[304]], [2.0, 2.0, 2.0, 0.0]);
    run("api_cross", 2, &[0f32; 64], 8);
}

#[test]
fn data_moves_by_counts_blocks_and_padded_rows() {
    let x: Vec<f32> = (0..1024).map(|i| i as f32).collect();
    let Some(y) = run("api_movement", 1, &x, 384) else { return };
    assert_eq!(y[..64], x[..64]);
    // Blocks of 4 x 8 floats with as much between them, and back together.
    assert_eq!((&y[64..96], &y[96..128]), (&x[64..96], &x[128..160]));
    assert_eq!((&y[128..134], &y[136..142]), (&[-1., 1., 2., 3., -1., -1.][..], &[-1., 5., 6., 7., -1., -1.][..]));
    assert_eq!(y[192..200], [1., 2., 3., 4., 5., 0., 0., 0.]);
    assert_eq!((&y[256..320], &y[320..384]), (&x[..64], &x[..64]));

    let strips: Vec<f32> = (0..512).map(|i| i as f32).collect();
    let y = run("api_nz2nd", 1, &strips, 512).unwrap();
    for (matrix, row, column) in (0..2).flat_map(|m| (0..4).flat_map(move |r| (0..32).map(move |c| (m, r, c)))) {
        let want = matrix * 256 + column / 16 * 64 + row * 16 + column % 16;
        assert_eq!(y[matrix * 256 + row * 40 + column], want as f32, "matrix {matrix}, row {row}, column {column}");
    }
}

#[test]
fn products_come_out_of_the_cube_core_in_every_way() {
    let (a, b) = (small(256, 1), small(256, 2));
    let identity: Vec<f32> = (0..256).map(|i| f32::from(u8::from(i / 16 == i % 16))).collect();
    let x = halves(a.iter().chain(&b).chain(&identity).copied());
    let Some(y) = run("api_product", 1, &x, 2048) else { return };
    let want = product(&a, &b, 16);
    assert_eq!((&y[..256], &y[256..512]), (&want[..], &want[..]));
    assert_eq!(y[512..768], want);
    // In strips of a block of 8 columns.
    for (i, value) in y[768..1024].iter().enumerate() {
        assert_eq!(*value, want[i % 128 / 8 * 16 + i / 128 * 8 + i % 8], "{i}");
    }
    let positive: Vec<f32> = want.iter().map(|v| v.max(0.0)).collect();
    for part in y[1024..].chunks(256) {
        assert_eq!(part, positive);
    }
}

#[test]
fn loads_fill_the_cube_cores_operands() {
    let (a, b) = (small(256, 3), small(256, 4));
    let x = halves(a.iter().chain(&b).copied());
    let Some(y) = run("api_loads", 1, &x, 256) else { return };
    let sum: Vec<f32> = a.iter().zip(transposed(&a, 16)).map(|(x, t)| 3.0 * x + t).collect();
    assert_eq!(y, product(&sum, &b, 16));
}

#[test]
fn images_are_unfolded_under_a_filter_with_a_border() {
    let (image, filter) = (small(256, 5), small(9 * 256, 6));
    let x = halves(image.iter().chain(&filter).copied());
    let Some(y) = run("api_image", 1, &x, 256) else { return };
    for (place, out) in (0..16).flat_map(|place| (0..16).map(move |out| (place, out))) {
        let mut want = 0.0;
        for (tap, channel) in (0..9).flat_map(|tap| (0..16).map(move |channel| (tap, channel))) {
            let (row, column) = ((place / 4 + tap / 3) as isize - 1, (place % 4 + tap % 3) as isize - 1);
            if (0..4).contains(&row) && (0..4).contains(&column) {
                want += image[(row * 4 + column) as usize * 16 + channel] * filter[(tap * 16 + channel) * 16 + out];
            }
        }
        assert_eq!(y[place * 16 + out], want, "place {place}, channel {out}");
    }
}

#[test]
fn int8_products_are_biased_and_scaled() {
    let mut x = vec![0i32; 320];
    let bytes: &mut [i8] = bytemuck::cast_slice_mut(&mut x[..256]);
    bytes.iter_mut().zip(small(1024, 7)).for_each(|(byte, value)| *byte = value as i8);
    let (a, b): (Vec<f32>, Vec<f32>) =
        (bytes[..512].iter().map(|&v| f32::from(v)).collect(), bytes[512..].iter().map(|&v| f32::from(v)).collect());
    (0..16).for_each(|i| x[256 + i] = 10 * i as i32);
    (0..16).for_each(|i| x[288 + 2 * i] = (0.5 + i as f32 / 4.0).to_bits() as i32);
    let Some(y) = run("api_quantised", 1, &x, 256) else { return };
    let y: Vec<f32> = bytemuck::cast_slice::<f32, u16>(&y).iter().map(|&v| f16::from_bits(v).to_f32()).collect();
    for (i, sum) in product(&a, &b, 32).into_iter().enumerate() {
        let whole = sum + 10.0 * (i % 16) as f32;
        assert_eq!(y[i], f16::from_f32(whole * (0.5 + (i % 16) as f32 / 4.0)).to_f32(), "{i}");
        assert_eq!(y[256 + i], f16::from_f32(whole * 2.0).to_f32(), "{i}");
    }
}

#[test]
fn unit_flags_hand_sums_over() {
    let (a, b) = (small(256, 8), small(256, 9));
    let Some(y) = run("api_unit_flag", 1, &halves(a.iter().chain(&b).copied()), 768) else { return };
    let want = product(&a, &b, 16);
    let twice: Vec<f32> = want.iter().map(|v| 2.0 * v).collect();
    assert_eq!((&y[..256], &y[256..512], &y[512..]), (&want[..], &want[..], &twice[..]));
}

fn ones_and_fours() -> Vec<f32> {
    [[1f32; 64], [4.0; 64]].concat()
}

#[test]
fn vector_functions_take_every_list_of_parameters() {
    let x = ones_and_fours();
    let Some(y) = run("api_binary", 1, &x, 64) else { return };
    assert_eq!(y, [5f32; 64]);
    let y = run("api_scalar", 1, &x, 128).unwrap();
    assert_eq!(y[..64], [3f32; 64]);
    assert!(y[64..].iter().all(|v| v.to_bits() == 3), "5 / 2 rounds to 3");
    let y = run("api_unary", 1, &x, 128).unwrap();
    assert_eq!(y[..64], [2f32; 64]);
    assert!(y[64..].iter().zip(10..).all(|(v, i)| v.to_bits() == i));
}

#[test]
fn reductions_leave_the_extreme_and_its_place() {
    let Some(y) = run("api_reduce", 1, &ones_and_fours(), 8) else { return };
    assert_eq!((y[4], y[5]), (4.0, 64.0));
}

#[test]
fn lanes_follow_the_mask_register_and_the_count() {
    let Some(y) = run("api_masks", 1, &ones_and_fours(), 256) else { return };
    assert!(y[..64].iter().enumerate().all(|(i, &v)| v == if i % 2 == 0 { 5.0 } else { 1.0 }));
    assert!(y[64..128].iter().enumerate().all(|(i, &v)| v
        == if i < 8 {
            40.0
        } else if i % 2 == 0 {
            5.0
        } else {
            1.0
        }));
    assert_eq!(y[128..192], [2f32; 64]);
    assert!(y[192..].iter().enumerate().all(|(i, &v)| v == if i < 36 { 5.0 } else { 4.0 }));
}

#[test]
fn selections_follow_the_mask_of_comparisons() {
    let (a, b): (Vec<f32>, Vec<f32>) = (0..64).map(|i| ((i * 7 % 13) as f32, (i * 5 % 11) as f32)).unzip();
    let Some(y) = run("api_select", 1, &[a.clone(), b.clone()].concat(), 256) else { return };
    for i in 0..64 {
        let (a, b) = (a[i], b[i]);
        assert_eq!(y[i], if a < b { a } else { b }, "{i}");
        assert_eq!(y[64 + i], if a < b { b } else { a }, "{i}");
        assert_eq!(y[128 + i], if a < b { a } else { -1.0 }, "{i}");
        assert_eq!(y[192 + i], if a > 3.0 { a } else { 0.0 }, "{i}");
    }
}

#[test]
fn elements_and_blocks_are_gathered_and_scattered() {
    let x: Vec<f32> = (0..64).map(|i| i as f32).collect();
    let Some(y) = run("api_gather", 1, &x, 256) else { return };
    for i in 0..64 {
        assert_eq!(y[i], 63.0 - i as f32);
        assert_eq!(y[64 + i], (56 - i / 8 * 8 + i % 8) as f32);
        assert_eq!(y[128 + i], 63.0 - i as f32);
    }
    // The first half of each 32 by bits, and every second by a pattern.
    assert!((0..16).all(|i| y[192 + i] == i as f32) && (0..32).all(|i| y[224 + i] == (2 * i + 1) as f32), "{:?}", &y[192..]);
}

#[test]
fn pairs_are_sorted_and_merged_until_a_list_is_exhausted() {
    let x: Vec<f32> = (0..160).map(|i| ((i * 37) % 101) as f32).collect();
    let Some(y) = run("api_sort", 1, &x, 800) else { return };
    let falling = |values: &[f32]| {
        let mut pairs: Vec<(f32, usize)> = values.iter().copied().zip(0..).collect();
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        pairs
    };
    for run in 0..5 {
        let want: Vec<f32> = falling(&x[run * 32..][..32]).into_iter().map(|pair| pair.0).collect();
        assert_eq!(y[run * 32..][..32], want, "run {run}");
    }
    let all = falling(&x);
    for (i, (score, place)) in all.iter().enumerate() {
        assert_eq!((y[192 + i], y[640 + i].to_bits() as usize), (*score, *place), "{i}");
    }
    // Of three runs, all down to where the first of them ends.
    let last = (0..3).map(|run| x[run * 32..][..32].iter().copied().fold(f32::MAX, f32::min)).fold(f32::MIN, f32::max);
    let merged = falling(&x[..96]);
    let count = y[600] as usize;
    assert!(count >= 32 && merged[count - 1].0 == last, "{count} pairs down to {}", merged[count - 1].0);
    assert!((0..count).all(|i| y[400 + 2 * i] == merged[i].0));
}

#[test]
fn blocks_and_images_are_transposed() {
    let square = small(256, 10);
    let mut x: Vec<f32> = bytemuck::cast_slice(&halves(square.iter().copied())).to_vec();
    x.extend((0..128).map(|i| i as f32));
    let bytes: Vec<u8> = (0..512).map(|i| (i % 251) as u8).collect();
    x.extend(bytes.chunks(4).map(|word| f32::from_bits(u32::from_le_bytes(word.try_into().unwrap()))));
    let Some(y) = run("api_transpose", 1, &x, 640) else { return };
    assert_eq!(bytemuck::cast_slice::<f32, u16>(&y[..128]), halves(transposed(&square, 16)));
    assert_eq!(y[128..256], transposed(&x[128..256], 8));
    let turned: &[u8] = bytemuck::cast_slice(&y[256..384]);
    for (block, byte) in (0..16).flat_map(|block| (0..16).map(move |byte| (block, byte))) {
        assert_eq!(turned[block * 32 + 16 + byte], bytes[byte * 32 + block], "low half {block}, {byte}");
        assert_eq!(turned[block * 32 + byte], bytes[byte * 32 + 16 + block], "high half {block}, {byte}");
    }
    for (image, channel, place) in (0..2).flat_map(|n| (0..4).flat_map(move |c| (0..16).map(move |p| (n, c, p)))) {
        assert_eq!(y[384 + (image * 16 + place) * 4 + channel], x[128 + (image * 4 + channel) * 16 + place]);
    }
    assert_eq!(y[512..640], x[128..256]);
}
