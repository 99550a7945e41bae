//! Every example runs. Each asserts what it prints.

#![allow(unreachable_pub, reason = "an example's main is public for this test")]

macro_rules! examples {
    ($($name:ident = $file:literal;)*) => {
        $(
            #[path = $file]
            mod $name;
        )*

        mod runs {
            $(
                #[test]
                fn $name() {
                    super::$name::main().unwrap();
                }
            )*
        }

        const FILES: &[&str] = &[$($file),*];
    };
}

examples! {
    allocate = "../examples/01_allocate.rs";
    matmul = "../examples/02_matmul.rs";
    moe_layer = "../examples/03_moe_layer.rs";
    paged_attention = "../examples/04_paged_attention.rs";
    your_own_kernel = "../examples/05_your_own_kernel.rs";
    own_kernel_on_npu = "../examples/06_own_kernel_on_npu.rs";
}

#[test]
fn no_example_is_left_out() {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/examples")).unwrap();
    let mut found: Vec<String> = folder.map(|entry| format!("../examples/{}", entry.unwrap().file_name().to_string_lossy())).collect();
    found.sort();
    assert_eq!(found, FILES);
}
