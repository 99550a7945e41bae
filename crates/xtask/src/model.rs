//! The declarations of an interface, from bindgen's Rust, in a form that two sets of headers can be compared in.

use std::collections::BTreeMap;

use quote::ToTokens;
use syn::{Expr, ForeignItem, Item, Type};

use crate::Result;

/// A function's declaration.
pub(crate) struct Function {
    /// Names and Rust types.
    pub(crate) arguments: Vec<(String, Type)>,
    /// `None` for void.
    pub(crate) returns: Option<Type>,
    pub(crate) variadic: bool,
}

/// Size, alignment and fields of a struct or union.
#[derive(Default, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) size: usize,
    pub(crate) align: usize,
    /// Name to offset and type.
    pub(crate) fields: BTreeMap<String, (usize, String)>,
}

/// All declarations.
#[derive(Default)]
pub(crate) struct Model {
    pub(crate) functions: BTreeMap<String, Function>,
    /// Enum constants, macros and constant variables.
    pub(crate) constants: BTreeMap<String, String>,
    pub(crate) layouts: BTreeMap<String, Layout>,
    /// Everything but functions, in bindgen's order; a layout assertion follows its struct.
    pub(crate) items: Vec<Item>,
    aliases: BTreeMap<String, Type>,
}

impl Model {
    pub(crate) fn parse(rust: &str) -> Result<Self> {
        let mut model = Self::default();
        for item in syn::parse_file(rust)?.items {
            let item = alias_of_use(&item).unwrap_or(item);
            match item {
                Item::ForeignMod(block) => {
                    block.items.into_iter().for_each(|item| model.function(item));
                    continue;
                }
                Item::Type(ref alias) => {
                    model.aliases.insert(alias.ident.to_string(), (*alias.ty).clone());
                }
                Item::Const(ref constant) if constant.ident != "_" => {
                    if let Some(value) = value(&constant.expr) {
                        model.constants.insert(constant.ident.to_string(), value);
                    }
                }
                _ => {}
            }
            model.items.push(item);
        }
        model.read_layouts();
        Ok(model)
    }

    fn function(&mut self, item: ForeignItem) {
        let ForeignItem::Fn(function) = item else { return };
        let arguments = function.sig.inputs.iter().filter_map(|argument| match argument {
            syn::FnArg::Typed(argument) => Some((argument.pat.to_token_stream().to_string(), (*argument.ty).clone())),
            syn::FnArg::Receiver(_) => None,
        });
        let returns = match &function.sig.output {
            syn::ReturnType::Default => None,
            syn::ReturnType::Type(_, ty) => Some((**ty).clone()),
        };
        let declaration = Function { arguments: arguments.collect(), returns, variadic: function.sig.variadic.is_some() };
        self.functions.insert(function.sig.ident.to_string(), declaration);
    }

    /// bindgen writes what clang says of a struct as assertions: `["Size of S"][size_of::<S>() - 8usize];`.
    fn read_layouts(&mut self) {
        let mut layouts: BTreeMap<String, Layout> = BTreeMap::new();
        for item in &self.items {
            let Item::Const(assertions) = item else { continue };
            let Expr::Block(block) = &*assertions.expr else { continue };
            for statement in &block.block.stmts {
                let syn::Stmt::Expr(Expr::Index(index), _) = statement else { continue };
                let (Some(what), Expr::Binary(difference)) = (text_of(&index.expr), &*index.index) else { continue };
                let Some(number) = value(&difference.right).and_then(|n| n.parse().ok()) else { continue };
                if let Some(name) = what.strip_prefix("Size of ") {
                    layouts.entry(name.into()).or_default().size = number;
                } else if let Some(name) = what.strip_prefix("Alignment of ") {
                    layouts.entry(name.into()).or_default().align = number;
                } else if let Some((name, field)) = what.strip_prefix("Offset of field: ").and_then(|field| field.split_once("::")) {
                    layouts.entry(name.into()).or_default().fields.insert(field.into(), (number, String::new()));
                }
            }
        }
        for item in &self.items {
            let (name, fields) = match item {
                Item::Struct(item) => (item.ident.to_string(), item.fields.iter().collect::<Vec<_>>()),
                Item::Union(item) => (item.ident.to_string(), item.fields.named.iter().collect()),
                _ => continue,
            };
            for field in fields {
                let (Some(ident), ty) = (&field.ident, self.canonical(&field.ty)) else { continue };
                if let Some(entry) = layouts.get_mut(&name).and_then(|layout| layout.fields.get_mut(&ident.to_string())) {
                    entry.1 = ty;
                }
            }
        }
        self.layouts = layouts;
    }

    /// A function's signature with every alias resolved, so that spelling and `const` make no difference.
    pub(crate) fn signature(&self, function: &Function) -> String {
        let mut arguments: Vec<String> = function.arguments.iter().map(|(_, ty)| self.canonical(ty)).collect();
        if function.variadic {
            arguments.push("...".into());
        }
        let returns = function.returns.as_ref().map(|ty| format!(" -> {}", self.canonical(ty))).unwrap_or_default();
        format!("fn({}){returns}", arguments.join(", "))
    }

    fn canonical(&self, ty: &Type) -> String {
        match ty {
            Type::Ptr(pointer) => format!("*{}", self.canonical(&pointer.elem)),
            Type::Array(array) => {
                let length = value(&array.len).unwrap_or_else(|| array.len.to_token_stream().to_string());
                format!("[{}; {length}]", self.canonical(&array.elem))
            }
            Type::BareFn(function) => {
                let arguments: Vec<String> = function.inputs.iter().map(|argument| self.canonical(&argument.ty)).collect();
                let returns = match &function.output {
                    syn::ReturnType::Default => String::new(),
                    syn::ReturnType::Type(_, ty) => format!(" -> {}", self.canonical(ty)),
                };
                format!("fn({}){returns}", arguments.join(", "))
            }
            Type::Path(path) => {
                let Some(last) = path.path.segments.last() else { return String::new() };
                // A nullable function pointer is a function pointer.
                if let (true, syn::PathArguments::AngleBracketed(inner)) = (last.ident == "Option", &last.arguments)
                    && let Some(syn::GenericArgument::Type(inner)) = inner.args.first()
                {
                    return self.canonical(inner);
                }
                let name = last.ident.to_string();
                match (self.aliases.get(&name), name.as_str()) {
                    (Some(aliased), _) => self.canonical(aliased),
                    (None, "c_int") => "i32".into(),
                    (None, "c_uint") => "u32".into(),
                    (None, "c_uchar") => "u8".into(),
                    (None, "c_short") => "i16".into(),
                    (None, "c_ushort") => "u16".into(),
                    (None, "c_long" | "c_longlong") => "i64".into(),
                    (None, "c_ulong" | "c_ulonglong") => "u64".into(),
                    // Sizes are 64 bits wide on every host that CANN runs on.
                    (None, "usize") => "u64".into(),
                    (None, _) => name,
                }
            }
            other => other.to_token_stream().to_string(),
        }
    }
}

/// bindgen writes an alias of an enum as `pub use self::E as A;`, which holds in one module only.
fn alias_of_use(item: &Item) -> Option<Item> {
    let Item::Use(item) = item else { return None };
    let syn::UseTree::Path(path) = &item.tree else { return None };
    let syn::UseTree::Rename(rename) = &*path.tree else { return None };
    let (aliased, alias) = (&rename.ident, &rename.rename);
    syn::parse2(quote::quote! { pub type #alias = #aliased; }).ok()
}

/// The value of a constant: a number in decimal, or a string.
fn value(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            syn::Lit::Int(number) => Some(number.base10_digits().to_owned()),
            syn::Lit::Bool(bool) => Some(u8::from(bool.value).to_string()),
            syn::Lit::ByteStr(bytes) => Some(String::from_utf8_lossy(&bytes.value()).trim_end_matches('\0').to_owned()),
            syn::Lit::CStr(text) => Some(text.value().to_string_lossy().into_owned()),
            syn::Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        Expr::Unary(minus) if matches!(minus.op, syn::UnOp::Neg(_)) => Some(format!("-{}", value(&minus.expr)?)),
        _ => None,
    }
}

/// `S` of `["S"]`.
fn text_of(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Array(array) => array.elems.first().and_then(value),
        _ => None,
    }
}
