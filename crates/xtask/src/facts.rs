//! The committed bindings against facts of the published interface, read from the vendor's headers of several versions. Needs no libclang.

use std::path::Path;

use crate::model::Model;
use crate::root;

fn bindings() -> Model {
    let folder = root().join("sys/src/bindings");
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let modules = files.filter(|path| !["mod.rs", "codes.rs"].iter().any(|name| path.ends_with(name)));
    // Inner attributes hold for a file; here the files become one.
    let lines =
        |path: &Path| std::fs::read_to_string(path).unwrap().lines().filter(|line| !line.starts_with("#![")).collect::<Vec<_>>().join("\n");
    let text: String = modules.map(|path| lines(&path).replace("//!", "//") + "\n").collect();
    Model::parse(&text).unwrap()
}

/// The rows of a table below `tests/facts`, without its head.
fn facts(name: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facts").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// The name, and the name of the older form that holds up to `version`.
fn forms(name: &str, version: &str) -> [String; 2] {
    [name.to_owned(), format!("{name}_until_{}", version.replace('.', "_"))]
}

#[test]
fn constants_have_the_published_values() {
    let ours = bindings();
    let facts = facts("constants.tsv");
    assert!(facts.len() > 700);
    for fact in facts {
        let [name, value, version] = fact.as_slice() else { panic!("{fact:?}") };
        assert!(forms(name, version).iter().any(|form| ours.constants.get(form) == Some(value)), "{name} = {value} in CANN {version}");
    }
}

#[test]
fn structs_have_the_published_sizes_and_offsets() {
    let ours = bindings();
    let facts = facts("layouts.tsv");
    assert!(facts.len() >= 300);
    for fact in facts {
        let [name, size, align, field, offset, version] = fact.as_slice() else { panic!("{fact:?}") };
        let [size, align, offset] = [size, align, offset].map(|number| number.parse::<usize>().unwrap());
        let agrees = |form: &String| {
            ours.layouts.get(form).is_some_and(|layout| {
                let place = layout.fields.get(field).or_else(|| layout.fields.get(&format!("{field}_"))).map(|(place, _)| *place);
                (layout.size, layout.align, place) == (size, align, Some(offset))
            })
        };
        assert!(forms(name, version).iter().any(agrees), "{name} of {size} bytes with {field} at {offset} in CANN {version}");
    }
}
