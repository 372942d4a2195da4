//! What a parameter's type is, as far as its spelling tells; an alias is `Other` and gets the benefit of the doubt.

use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{GenericArgument, PathArguments, Type, TypeReference};

use crate::sink::Sink;

/// The JSON side of a type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// With the least and greatest value it holds.
    Integer(i128, i128),
    Float,
    Text,
    Bool,
    List,
    Map,
    Other,
}

impl Kind {
    /// Looks through `Option`, `Box`, `Arc` and the like.
    pub(crate) fn of(ty: &Type) -> Self {
        let ty = bare(ty);
        if matches!(ty, Type::Array(_)) {
            return Self::List;
        }
        let Some(name) = last(ty) else { return Self::Other };
        let wraps = matches!(name.as_str(), "Option" | "Box" | "Arc" | "Rc" | "Cow" | "Wrapping");
        if let (true, Some(inside)) = (wraps, inside(ty)) {
            return Self::of(inside);
        }
        match name.as_str() {
            "f32" | "f64" => Self::Float,
            "String" | "str" | "PathBuf" | "Path" | "char" => Self::Text,
            "bool" => Self::Bool,
            "Vec" | "VecDeque" | "HashSet" | "BTreeSet" | "IndexSet" => Self::List,
            "HashMap" | "BTreeMap" | "IndexMap" | "Map" => Self::Map,
            name => integer(name).unwrap_or(Self::Other),
        }
    }

    /// Is it certain, from the spelling alone, that the type may be an argument?
    pub(crate) fn is_plain(self) -> bool {
        matches!(self, Self::Integer(..) | Self::Float | Self::Text | Self::Bool)
    }
}

/// The name of the last segment of a path type: `State` of `anpu::State<Notes>`.
pub(crate) fn last(ty: &Type) -> Option<String> {
    match bare(ty) {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

/// The last type argument of a path type: `Notes` of `State<Notes>`.
pub(crate) fn inside(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = bare(ty) else { return None };
    let PathArguments::AngleBracketed(list) = &path.path.segments.last()?.arguments else { return None };
    list.args.iter().rev().find_map(|argument| match argument {
        GenericArgument::Type(inside) => Some(inside),
        _ => None,
    })
}

/// `T` of `Option<T>`.
pub(crate) fn optional(ty: &Type) -> Option<&Type> {
    if last(ty)? == "Option" { inside(ty) } else { None }
}

/// Reports everything in an argument's type that cannot be decoded from a request.
pub(crate) fn check_owned(ty: &Type, sink: &mut Sink) {
    Owned { sink }.visit_type(ty);
}

/// What to write instead of a reference to this type.
pub(crate) fn owned(target: &Type) -> String {
    match bare(target) {
        Type::Slice(slice) => format!("Vec<{}>", spelled(&slice.elem)),
        target => match last(target).as_deref() {
            Some("str") => "String".to_owned(),
            Some("Path") => "PathBuf".to_owned(),
            _ => spelled(target),
        },
    }
}

/// A type as its author would write it.
pub(crate) fn spelled(tokens: &impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    [
        (" :: ", "::"),
        (":: ", "::"),
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        (" ;", ";"),
        (" :", ":"),
        ("& ", "&"),
    ]
    .iter()
    .fold(text, |text, (from, to)| text.replace(from, to))
}

/// Walks a type for what has no owner.
struct Owned<'a> {
    sink: &'a mut Sink,
}

impl<'ast> Visit<'ast> for Owned<'_> {
    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        self.sink.at(reference, format!("arguments are owned: write `{}`", owned(&reference.elem)));
    }

    fn visit_type(&mut self, ty: &'ast Type) {
        let told = match ty {
            Type::ImplTrait(_) => "an argument has one concrete type: write it instead of `impl ..`",
            Type::TraitObject(_) => "a trait object cannot be decoded from JSON: write a concrete type",
            Type::Slice(_) => "arguments are owned: write `Vec<..>` instead of a slice",
            Type::Infer(_) => "write the type: the schema is made from it",
            Type::FnPtr(_) | Type::Ptr(_) | Type::Never(_) => "this type cannot be decoded from JSON",
            _ => return visit::visit_type(self, ty),
        };
        self.sink.at(ty, told);
    }
}

/// Takes off the invisible groups and parentheses around a type.
fn bare(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            _ => return ty,
        };
    }
}

/// The integers of std and what they hold; 128-bit ones are bounded by what a literal here can say.
fn integer(name: &str) -> Option<Kind> {
    let name = name.strip_prefix("NonZero").unwrap_or(name).to_ascii_lowercase();
    let (least, greatest) = match name.as_str() {
        "u8" => (0, u8::MAX.into()),
        "u16" => (0, u16::MAX.into()),
        "u32" => (0, u32::MAX.into()),
        "u64" | "usize" => (0, u64::MAX.into()),
        "u128" => (0, i128::MAX),
        "i8" => (i8::MIN.into(), i8::MAX.into()),
        "i16" => (i16::MIN.into(), i16::MAX.into()),
        "i32" => (i32::MIN.into(), i32::MAX.into()),
        "i64" | "isize" => (i64::MIN.into(), i64::MAX.into()),
        "i128" => (i128::MIN, i128::MAX),
        _ => return None,
    };
    Some(Kind::Integer(least, greatest))
}
