//! Arrays of `ndarray` through a device.

use ascend_compute::{DType, DeviceExt, Error, ops::Softmax};
use ascend_hal::ArrayExt;
use ndarray::{Array, Array2, ArrayD, array, s};

#[test]
fn array_goes_through_an_op_and_comes_back() {
    let device = ascend_compute::open("cpu").unwrap();
    let stream = device.create_stream().unwrap();
    let x = device.upload_array(&array![[1f32, 1.], [2., 2.]]).unwrap();
    let y = device.empty(DType::F32, [2, 2]).unwrap();
    device.softmax(&stream, Softmax::new(x, y.clone())).unwrap();
    assert_eq!(device.download_array::<f32>(&stream, &y).unwrap(), Array2::from_elem((2, 2), 0.5f32).into_dyn());
}

#[test]
fn layouts_other_than_row_major_keep_their_elements() {
    let device = ascend_compute::open("cpu").unwrap();
    let stream = device.create_stream().unwrap();
    let full = Array::from_shape_fn((3, 4), |(i, j)| (10 * i + j) as i32);
    for view in [full.t(), full.slice(s![.., ..;2]), full.slice(s![..;-1, 1..])] {
        let tensor = device.upload_array(&view).unwrap();
        assert_eq!(device.download_array::<i32>(&stream, &tensor).unwrap(), view.to_owned().into_dyn());
        let transposed = device.download_array::<i32>(&stream, &tensor.t().unwrap()).unwrap();
        assert_eq!(transposed, view.t().to_owned().into_dyn());
    }
}

#[test]
fn empty_and_scalar_arrays_keep_their_shape() {
    let device = ascend_compute::open("cpu").unwrap();
    let stream = device.create_stream().unwrap();
    for shape in [vec![], vec![0], vec![3, 0, 2]] {
        let array = ArrayD::<f32>::ones(shape);
        let tensor = device.upload_array(&array).unwrap();
        assert_eq!(device.download_array::<f32>(&stream, &tensor).unwrap(), array);
    }
}

#[test]
fn too_many_dimensions_and_packed_elements_are_refused() {
    let device = ascend_compute::open("cpu").unwrap();
    let stream = device.create_stream().unwrap();
    assert!(matches!(device.upload_array(&ArrayD::<f32>::ones(vec![1; 9])), Err(Error::View { .. })));
    let packed = device.upload_bytes(DType::I4, &[0x21], [2]).unwrap();
    assert!(matches!(device.download_array::<u8>(&stream, &packed), Err(Error::View { .. })));
}
