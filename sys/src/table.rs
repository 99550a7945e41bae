//! The macro that makes a function table of a list of declarations.

/// Declares a library's functions, one a line, and makes of them: the types of their pointers (module `fns`), a struct with a pointer each where the
/// library at hand has it, and a method each.
///
/// `status` functions return a code, which becomes a [`Result`](crate::Result); `value` functions return what they return; a `variadic` function's method
/// passes no more than the named arguments.
macro_rules! table {
    (
        $(#[$doc:meta])*
        pub struct $table:ident in $file:literal;
        $($kind:ident fn $name:ident($($argument:ident: $ty:ty),* $(,)?) -> $returns:ty = $symbol:literal since $since:literal;)*
    ) => {
        /// The types of the functions' pointers.
        pub mod fns {
            use super::*;
            $(
                #[doc = concat!("`", $symbol, "`, CANN ", $since, ".")]
                pub type $name = $crate::table::pointer!($kind ($($ty),*) $returns);
            )*
        }

        $(#[$doc])*
        ///
        /// A method is a call of the C function of its name. A function that the library at hand has not is
        /// [`Error::SymbolMissing`](crate::Error::SymbolMissing); a status other than success is [`Error::Call`](crate::Error::Call).
        #[derive(Debug)]
        pub struct $table {
            library: $crate::Library,
            $($name: Option<fns::$name>,)*
        }

        impl $table {
            /// The library's name in a toolkit.
            pub const FILE: &str = $file;

            /// Every function that the table knows.
            pub const SYMBOLS: &[$crate::Symbol] = &[$($crate::Symbol { name: $symbol, since: $since },)*];

            /// Looks every function up in `library`.
            pub fn new(library: $crate::Library) -> Self {
                $(
                    // SAFETY: the library gave this address for the symbol, and `sys/include` declares the symbol with this type; `abi-check` compares
                    // those declarations with the vendor's. A function pointer has the size of a data pointer wherever CANN runs.
                    let $name = library.symbol($symbol).map(|address| unsafe {
                        core::mem::transmute::<core::ptr::NonNull<c_void>, fns::$name>(address)
                    });
                )*
                Self { library, $($name,)* }
            }

            /// Where the functions come from.
            pub fn library(&self) -> &$crate::Library {
                &self.library
            }

            /// Which functions the library at hand has, in the order of [`SYMBOLS`](Self::SYMBOLS).
            pub fn availability(&self) -> impl Iterator<Item = (&'static $crate::Symbol, bool)> {
                Self::SYMBOLS.iter().zip([$(self.$name.is_some(),)*])
            }

            $(
                #[doc = concat!("`", $symbol, "`, CANN ", $since, ".")]
                ///
                /// # Errors
                /// The function is missing, or returns another status than success.
                ///
                /// # Safety
                /// * Every pointer and handle is what the vendor's documentation of the function asks for.
                #[inline]
                pub unsafe fn $name(&self, $($argument: $ty),*) -> $crate::Result<$crate::table::outcome!($kind $returns)> {
                    let Some(function) = self.$name else { return Err(self.library.missing($symbol, $since)) };
                    // SAFETY: the caller keeps the function's own rules.
                    let returned = unsafe { function($($argument),*) };
                    $crate::table::finish!($kind self.library, $symbol, returned)
                }
            )*
        }
    };
}

/// The type of a function's pointer.
macro_rules! pointer {
    (variadic ($($ty:ty),*) $returns:ty) => { unsafe extern "C" fn($($ty,)* ...) -> $returns };
    ($kind:ident ($($ty:ty),*) $returns:ty) => { unsafe extern "C" fn($($ty),*) -> $returns };
}

/// What a method returns when it succeeds.
macro_rules! outcome {
    (status $returns:ty) => {
        ()
    };
    ($kind:ident $returns:ty) => {
        $returns
    };
}

/// What a method makes of what the function returned.
macro_rules! finish {
    (status $library:expr, $symbol:literal, $returned:expr) => {
        $library.outcome($symbol, $returned)
    };
    ($kind:ident $library:expr, $symbol:literal, $returned:expr) => {
        Ok($returned)
    };
}

pub(crate) use {finish, outcome, pointer, table};
