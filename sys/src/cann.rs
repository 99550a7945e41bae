//! All libraries together.

use crate::library::{Library, RecentMessage, Resolver};
use crate::search::Search;
use crate::{AscendCl, Error, Hccl, MsTx, NnOpBase, OpApi, Result, Symbol};

/// The function tables of one CANN: one that is installed, or one that is simulated in this process.
#[derive(Debug)]
pub struct Cann {
    /// The runtime.
    pub acl: AscendCl,
    /// Tensors and executors.
    pub nnopbase: NnOpBase,
    /// The aclnn operators.
    pub opapi: OpApi,
    /// Collective communication. Empty where it is not installed.
    pub hccl: Hccl,
    /// Markers for the profiling tools. Empty where it is not installed.
    pub mstx: MsTx,
}

/// A library as it was found, for reports.
#[derive(Debug)]
#[non_exhaustive]
pub struct Inventory {
    /// The library's name in a toolkit.
    pub library: &'static str,
    /// Where its functions come from, or why there are none.
    pub source: Result<String>,
    /// The functions that it has, of those that this crate knows.
    pub available: usize,
    /// Those that it lacks.
    pub lacking: Vec<&'static Symbol>,
}

impl Cann {
    /// Opens the libraries of the first toolkit of `search` that has AscendCL, and custom operators. Toolkits are not mixed.
    ///
    /// # Errors
    /// [`Error::LibraryMissing`](crate::Error::LibraryMissing) if there is no AscendCL. Another library that is missing is reported by the first call into it.
    ///
    /// ```no_run
    /// use ascend_sys::{Cann, Search};
    ///
    /// let cann = Cann::open(&Search::new())?;
    /// let mut devices = 0;
    /// // SAFETY: the configuration may be null; `devices` is a place to write to.
    /// unsafe {
    ///     cann.acl.aclInit(std::ptr::null())?;
    ///     cann.acl.aclrtGetDeviceCount(&mut devices)?;
    /// }
    /// println!("{devices} devices");
    /// # Ok::<(), ascend_sys::Error>(())
    /// ```
    pub fn open(search: &Search) -> Result<Self> {
        let mut searched = Vec::new();
        for place in search.places() {
            let acl = Library::open(AscendCl::FILE, &place);
            match acl.present() {
                Ok(()) => {
                    let operators = |file| Library::open_operators(file, &place);
                    return Ok(Self::of(acl, |file| if file == OpApi::FILE { operators(file) } else { Library::open(file, &place) }));
                }
                Err(Error::LibraryMissing { searched: tried, .. }) => searched.extend(tried),
                Err(error) => return Err(error),
            }
        }
        Err(Error::LibraryMissing { library: AscendCl::FILE, searched })
    }

    /// A CANN whose functions are in this process; `name` is what errors call it.
    pub fn in_process(name: &'static str, resolver: Resolver) -> Self {
        Self::of(Library::in_process(AscendCl::FILE, name, resolver), |file| Library::in_process(file, name, resolver))
    }

    fn of(acl: Library, library: impl Fn(&'static str) -> Library) -> Self {
        // SAFETY: `sys/include` declares the symbol with this type.
        let message = acl.symbol("aclGetRecentErrMsg").map(|address| unsafe { std::mem::transmute::<_, RecentMessage>(address) });
        let open = |file| library(file).with_message(message);
        Self {
            acl: AscendCl::new(acl.with_message(message)),
            nnopbase: NnOpBase::new(open(NnOpBase::FILE)),
            opapi: OpApi::new(open(OpApi::FILE)),
            hccl: Hccl::new(open(Hccl::FILE)),
            mstx: MsTx::new(open(MsTx::FILE)),
        }
    }

    /// What was found, library by library.
    pub fn inventory(&self) -> Vec<Inventory> {
        vec![
            inventory(self.acl.library(), self.acl.availability()),
            inventory(self.nnopbase.library(), self.nnopbase.availability()),
            inventory(self.opapi.library(), self.opapi.availability()),
            inventory(self.hccl.library(), self.hccl.availability()),
            inventory(self.mstx.library(), self.mstx.availability()),
        ]
    }
}

fn inventory(library: &Library, availability: impl Iterator<Item = (&'static Symbol, bool)>) -> Inventory {
    let (there, lacking): (Vec<_>, Vec<_>) = availability.partition(|(_, there)| *there);
    Inventory {
        library: library.file(),
        source: library.present().map(|()| library.to_string()),
        available: there.len(),
        lacking: lacking.into_iter().map(|(symbol, _)| symbol).collect(),
    }
}
