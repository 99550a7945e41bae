//! Device memory as buffers.

use std::sync::Arc;

use ascend_hal::{Buffer, DeviceId, Error, Location, Memory, Result};

use crate::raw::{Arena, Block, Card, End, HostBlock};

/// One allocation on a card. No work uses it when it is dropped: streams hold the buffers of what they have not passed.
#[derive(Debug)]
pub(crate) struct NpuMemory {
    home: Home,
    /// None for no bytes.
    block: Option<Block>,
    bytes: usize,
}

/// Where the block goes back to.
#[derive(Debug)]
enum Home {
    /// A caller's allocation, which is counted.
    Pool(Arc<Card>),
    /// This crate's own, for as long as the device lives.
    Uncounted(Arc<Card>),
    /// Memory in the order of one stream.
    Arena(Arc<Arena>),
}

impl NpuMemory {
    /// An allocation of a caller's.
    pub(crate) fn new(card: &Arc<Card>, bytes: usize) -> Result<Self> {
        card.pool().reserve(card, bytes)?;
        let block = if bytes == 0 { Ok(None) } else { card.pool().take(card, bytes).map(Some) };
        match block {
            Ok(block) => Ok(Self { home: Home::Pool(card.clone()), block, bytes }),
            Err(error) => {
                card.pool().release(bytes);
                Err(error)
            }
        }
    }

    /// Memory of this crate's own, which callers do not see in the account.
    pub(crate) fn uncounted(card: &Arc<Card>, bytes: usize) -> Result<Self> {
        let block = if bytes == 0 { None } else { Some(card.pool().take(card, bytes)?) };
        Ok(Self { home: Home::Uncounted(card.clone()), block, bytes })
    }

    /// Memory for the parts of one op.
    pub(crate) fn scratch(arena: Arc<Arena>, bytes: usize) -> Result<Self> {
        let block = if bytes == 0 { None } else { Some(arena.take(bytes)?) };
        Ok(Self { home: Home::Arena(arena), block, bytes })
    }

    fn card(&self) -> &Arc<Card> {
        match &self.home {
            Home::Pool(card) | Home::Uncounted(card) => card,
            Home::Arena(arena) => arena.card(),
        }
    }

    /// The address on the device; 0 for no bytes.
    pub(crate) fn address(&self) -> usize {
        self.block.as_ref().map_or(0, Block::address)
    }

    pub(crate) fn check(&self, what: &'static str, offset: usize, len: usize) -> Result<()> {
        match offset.checked_add(len) {
            Some(end) if end <= self.bytes => Ok(()),
            _ => Err(Error::OutOfRange { what, offset, len, size: self.bytes }),
        }
    }
}

impl Memory for NpuMemory {
    fn location(&self) -> Location {
        Location::Device(self.card().id())
    }
    fn size_bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for NpuMemory {
    fn drop(&mut self) {
        let block = self.block.take();
        match &self.home {
            Home::Pool(card) => {
                block.into_iter().for_each(|block| card.pool().give_back(block));
                card.pool().release(self.bytes);
            }
            Home::Uncounted(card) => block.into_iter().for_each(|block| card.pool().give_back(block)),
            Home::Arena(arena) => block.into_iter().for_each(|block| arena.put_back(block)),
        }
    }
}

/// Whether dropping the last handle makes the memory free for everybody, so that a stream must hold it.
pub(crate) fn outlives_its_handle(buffer: &Buffer) -> bool {
    buffer.downcast_ref::<NpuMemory>().is_none_or(|memory| !matches!(memory.home, Home::Arena(_)))
}

/// The memory of a buffer of the device `id`.
pub(crate) fn of<'a>(id: DeviceId, what: &'static str, buffer: &'a Buffer) -> Result<&'a NpuMemory> {
    match buffer.location() {
        Location::Device(found) if found == id => buffer.downcast_ref().ok_or(Error::ForeignHandle { what }),
        found => Err(Error::WrongDevice { what: what.into(), asked: id, found: found.to_string() }),
    }
}

/// One end of a copy on the device `id`.
pub(crate) fn end<'a>(id: DeviceId, what: &'static str, buffer: &'a Buffer, offset: usize) -> Result<End<'a>> {
    match buffer.location() {
        Location::Host => Ok(End::Host(buffer.downcast_ref::<HostBlock>().ok_or(Error::ForeignHandle { what })?, offset)),
        Location::Device(_) => Ok(End::Device(of(id, what, buffer)?, offset)),
    }
}
