//! Which page of the KV cache belongs to whom: the block allocator.
//!
//! * A sequence takes all pages that it can ever need at once ([`BlockAllocator::lease`]), or waits: an admitted sequence is never thrown out for want of memory.
//! * Full pages whose keys have been computed are published under (published page before it, token ids of the page). A later sequence that starts with the same
//!   tokens shares them, without a copy: a full page is not written again. The key is compared itself, not a hash of it, so two prefixes cannot be confused.
//! * Pages that nobody uses keep their contents until memory is wanted; then the ones that were used longest ago go first, ends of prefixes before their beginnings.

use std::collections::{BTreeMap, HashMap};

/// Pages of one sequence, in its order. Goes back with [`BlockAllocator::release`].
#[derive(Debug, PartialEq, Eq)]
#[must_use = "pages that are not released are lost"]
pub struct Lease {
    pages: Vec<i32>,
    reused: usize,
    published: usize,
    prefix: Option<u64>,
}

impl Lease {
    /// Page ids, as a row of a block table has them.
    pub fn pages(&self) -> &[i32] {
        &self.pages
    }

    /// Leading pages that hold their keys already.
    pub fn reused_pages(&self) -> usize {
        self.reused
    }
}

/// Identity of a published page: the published page before it (`None`: it is the first), and its tokens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    before: Option<u64>,
    tokens: Box<[u32]>,
}

#[derive(Debug, Default)]
struct Page {
    users: usize,
    /// What it is published as, and under which number.
    published: Option<(Key, u64)>,
    /// Place in `unused`, when nobody uses it.
    last_use: u64,
}

/// Hands out the pages of one cache.
#[derive(Debug)]
pub struct BlockAllocator {
    page_tokens: usize,
    pages: Vec<Page>,
    /// Without contents.
    free: Vec<usize>,
    /// Published, without users: by the time of their last use.
    unused: BTreeMap<u64, usize>,
    published: HashMap<Key, usize>,
    /// Numbers of uses and of published pages; none is given twice.
    clock: u64,
}

impl BlockAllocator {
    /// All `pages` are free; each holds `page_tokens` tokens (at least 1).
    pub fn new(pages: usize, page_tokens: usize) -> Self {
        // A block table holds i32.
        let pages = pages.min(i32::MAX as usize);
        Self {
            page_tokens: page_tokens.max(1),
            pages: (0..pages).map(|_| Page::default()).collect(),
            free: (0..pages).rev().collect(),
            unused: BTreeMap::new(),
            published: HashMap::new(),
            clock: 0,
        }
    }

    /// Number of pages.
    pub fn page_count(&self) -> usize {
        self.pages.len()
    }

    /// Pages that no sequence uses.
    pub fn available_pages(&self) -> usize {
        self.free.len() + self.unused.len()
    }

    /// Pages that nobody uses, but that a prefix can still be found in.
    pub fn cached_pages(&self) -> usize {
        self.unused.len()
    }

    /// Pages that `tokens` tokens take.
    pub fn pages_for(&self, tokens: usize) -> usize {
        tokens.div_ceil(self.page_tokens)
    }

    /// Takes the pages of a sequence of up to `capacity_tokens` tokens that starts with `shareable`. Full pages of `shareable` that are published are shared. `None` when there are
    /// not enough pages now; nothing is taken then.
    pub fn lease(&mut self, shareable: &[u32], capacity_tokens: usize) -> Option<Lease> {
        let wanted = self.pages_for(capacity_tokens.max(shareable.len()));
        let mut lease = Lease { pages: Vec::new(), reused: 0, published: 0, prefix: None };
        let mut shared = Vec::new();
        for tokens in shareable.chunks_exact(self.page_tokens) {
            let key = Key { before: lease.prefix, tokens: tokens.into() };
            let Some(&page) = self.published.get(&key) else { break };
            lease.prefix = self.pages[page].published.as_ref().map(|(_, number)| *number);
            shared.push(page);
        }
        let revived = shared.iter().filter(|&&page| self.pages[page].users == 0).count();
        if wanted - shared.len() > self.available_pages() - revived {
            return None;
        }
        lease.reused = shared.len();
        lease.published = shared.len();
        lease.pages.reserve_exact(wanted);
        for page in shared {
            self.share(page, &mut lease);
        }
        while lease.pages.len() < wanted {
            // Cannot fail: there are enough by the count above.
            let page = self.free.pop().or_else(|| self.evict())?;
            self.share(page, &mut lease);
        }
        Some(lease)
    }

    /// Publishes the full pages of `computed`: all tokens of the lease's sequence whose keys are in the cache.
    ///
    /// A page that is published already by someone else stays private; the sequence goes on under the other's number.
    pub fn publish(&mut self, lease: &mut Lease, computed: &[u32]) {
        for tokens in computed.chunks_exact(self.page_tokens).skip(lease.published) {
            let Some(&page) = lease.pages.get(lease.published) else { return };
            let key = Key { before: lease.prefix, tokens: tokens.into() };
            let owner = *self.published.entry(key.clone()).or_insert(page as usize);
            if owner == page as usize {
                self.clock += 1;
                self.pages[owner].published = Some((key, self.clock));
            }
            lease.prefix = self.pages[owner].published.as_ref().map(|(_, number)| *number);
            lease.published += 1;
        }
    }

    /// Takes back the pages of a lease of this allocator.
    pub fn release(&mut self, lease: Lease) {
        // From the end: the end of a prefix is of no use without its beginning, so it must be the first to go.
        for &page in lease.pages.iter().rev() {
            let at = page as usize;
            let page = &mut self.pages[at];
            page.users -= 1;
            if page.users > 0 {
                continue;
            }
            if page.published.is_some() {
                self.clock += 1;
                page.last_use = self.clock;
                self.unused.insert(self.clock, at);
            } else {
                self.free.push(at);
            }
        }
    }

    fn share(&mut self, at: usize, lease: &mut Lease) {
        let page = &mut self.pages[at];
        if page.users == 0 && page.published.is_some() {
            self.unused.remove(&page.last_use);
        }
        page.users += 1;
        lease.pages.push(at as i32);
    }

    fn evict(&mut self) -> Option<usize> {
        let (_, at) = self.unused.pop_first()?;
        if let Some((key, _)) = self.pages[at].published.take() {
            self.published.remove(&key);
        }
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    /// What must hold at any time, given the leases that are out.
    fn assert_sound(blocks: &BlockAllocator, leases: &[Lease]) {
        let mut users = vec![0; blocks.page_count()];
        for lease in leases {
            let own: HashSet<_> = lease.pages.iter().collect();
            assert_eq!(own.len(), lease.pages.len(), "a page twice in one lease");
            for &page in &lease.pages {
                users[page as usize] += 1;
            }
        }
        let free: HashSet<_> = blocks.free.iter().copied().collect();
        let unused: HashSet<_> = blocks.unused.values().copied().collect();
        assert_eq!((free.len(), unused.len()), (blocks.free.len(), blocks.unused.len()));
        for (at, &n) in users.iter().enumerate() {
            assert_eq!(blocks.pages[at].users, n, "users of page {at}");
            assert_eq!(usize::from(n > 0) + usize::from(free.contains(&at)) + usize::from(unused.contains(&at)), 1, "page {at}");
            if n > 1 {
                assert!(blocks.pages[at].published.is_some(), "page {at} is shared, but was never full");
            }
        }
        for (key, &at) in &blocks.published {
            assert_eq!(blocks.pages[at].published.as_ref().map(|(k, _)| k), Some(key));
        }
    }

    #[derive(Clone, Debug)]
    enum Act {
        Lease { prompt: Vec<u32>, more: usize },
        Publish(usize),
        Release(usize),
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            (prop::collection::vec(0u32..2, 0..9), 0usize..6).prop_map(|(prompt, more)| Act::Lease { prompt, more }),
            (0usize..8).prop_map(Act::Publish),
            (0usize..8).prop_map(Act::Release),
        ]
    }

    proptest! {
        #[test]
        fn any_history_owns_each_page_once_and_frees_all(
            pages in 1usize..12, page_tokens in 1usize..4, acts in prop::collection::vec(act(), 1..60)
        ) {
            let mut blocks = BlockAllocator::new(pages, page_tokens);
            let (mut leases, mut tokens) = (Vec::new(), Vec::<Vec<u32>>::new());
            // What each page's keys were computed from: a shared page must have been computed from the very same prefix.
            let mut contents = vec![Vec::new(); pages];
            for act in acts {
                match act {
                    Act::Lease { prompt, more } => {
                        let before = blocks.available_pages();
                        match blocks.lease(&prompt, prompt.len() + more) {
                            Some(lease) => {
                                for (i, &page) in lease.pages().iter().enumerate().take(lease.reused_pages()) {
                                    prop_assert_eq!(&contents[page as usize], &prompt[..(i + 1) * page_tokens]);
                                }
                                leases.push(lease);
                                tokens.push(prompt);
                            }
                            None => {
                                prop_assert_eq!(blocks.available_pages(), before);
                                prop_assert!(blocks.pages_for(prompt.len() + more) > 0);
                            }
                        }
                    }
                    Act::Publish(at) if at < leases.len() => {
                        let lease: &mut Lease = &mut leases[at];
                        for (i, &page) in lease.pages().iter().enumerate().skip(lease.reused_pages()) {
                            if (i + 1) * page_tokens <= tokens[at].len() {
                                contents[page as usize] = tokens[at][..(i + 1) * page_tokens].to_vec();
                            }
                        }
                        blocks.publish(lease, &tokens[at]);
                    }
                    Act::Release(at) if at < leases.len() => {
                        blocks.release(leases.swap_remove(at));
                        tokens.swap_remove(at);
                    }
                    _ => {}
                }
                assert_sound(&blocks, &leases);
            }
            for lease in leases {
                blocks.release(lease);
            }
            assert_sound(&blocks, &[]);
            prop_assert_eq!(blocks.available_pages(), pages);
        }
    }

    /// A sequence that came, computed all its tokens and went.
    fn visit(blocks: &mut BlockAllocator, tokens: &[u32]) -> Vec<i32> {
        let mut lease = blocks.lease(tokens, tokens.len()).unwrap();
        blocks.publish(&mut lease, tokens);
        let pages = lease.pages().to_vec();
        blocks.release(lease);
        pages
    }

    #[test]
    fn a_prefix_is_shared_by_whole_pages_only() {
        let mut blocks = BlockAllocator::new(8, 2);
        let first = visit(&mut blocks, &[1, 2, 3, 4, 5]);
        let lease = blocks.lease(&[1, 2, 3, 4, 5, 6], 6).unwrap();
        assert_eq!((lease.reused_pages(), &lease.pages()[..2]), (2, &first[..2]));
        let other = blocks.lease(&[1, 2, 9, 4], 4).unwrap();
        assert_eq!(other.reused_pages(), 1);
        // The same page after another beginning is another page.
        let moved = blocks.lease(&[3, 4], 2).unwrap();
        assert_eq!(moved.reused_pages(), 0);
        for lease in [lease, other, moved] {
            blocks.release(lease);
        }
        assert_eq!(blocks.available_pages(), 8);
    }

    #[test]
    fn pages_that_were_not_published_are_not_shared() {
        let mut blocks = BlockAllocator::new(4, 2);
        let first = blocks.lease(&[1, 2], 2).unwrap();
        let second = blocks.lease(&[1, 2], 2).unwrap();
        assert_eq!((first.reused_pages(), second.reused_pages()), (0, 0));
        assert_ne!(first.pages(), second.pages());
        blocks.release(first);
        blocks.release(second);
        assert_eq!((blocks.available_pages(), blocks.cached_pages()), (4, 0));
    }

    #[test]
    fn the_prefix_used_longest_ago_goes_first_and_its_end_before_its_beginning() {
        let mut blocks = BlockAllocator::new(4, 1);
        visit(&mut blocks, &[1, 2]);
        visit(&mut blocks, &[3, 4]);
        visit(&mut blocks, &[1, 2]);
        assert_eq!(blocks.cached_pages(), 4);
        // One page is wanted: the end of the older prefix goes.
        visit(&mut blocks, &[7]);
        let reused = |blocks: &mut BlockAllocator, tokens: &[u32]| {
            let lease = blocks.lease(tokens, tokens.len()).unwrap();
            let n = lease.reused_pages();
            blocks.release(lease);
            n
        };
        assert_eq!(reused(&mut blocks, &[1, 2]), 2);
        assert_eq!(reused(&mut blocks, &[3]), 1);
        assert_eq!(reused(&mut blocks, &[7]), 1);
    }

    #[test]
    fn too_few_pages_is_an_answer_and_takes_nothing() {
        let mut blocks = BlockAllocator::new(3, 2);
        visit(&mut blocks, &[1, 2]);
        let held = blocks.lease(&[], 4).unwrap();
        // Shares the cached page, and finds no second one.
        assert_eq!(blocks.lease(&[1, 2, 3], 3), None);
        assert_eq!((blocks.available_pages(), blocks.cached_pages()), (1, 1));
        assert_eq!(blocks.lease(&[], usize::MAX), None);
        blocks.release(held);
        let lease = blocks.lease(&[1, 2, 3], 3).unwrap();
        assert_eq!(lease.reused_pages(), 1);
        blocks.release(lease);
    }

    #[test]
    fn equal_pages_computed_twice_are_published_once() {
        let mut blocks = BlockAllocator::new(4, 1);
        let mut first = blocks.lease(&[5, 6], 2).unwrap();
        let mut second = blocks.lease(&[5, 6], 2).unwrap();
        blocks.publish(&mut first, &[5]);
        blocks.publish(&mut second, &[5, 6]);
        blocks.publish(&mut first, &[5, 6]);
        let third = blocks.lease(&[5, 6], 2).unwrap();
        assert_eq!(third.pages(), [first.pages()[0], second.pages()[1]]);
        for lease in [first, second, third] {
            blocks.release(lease);
        }
        assert_eq!((blocks.available_pages(), blocks.cached_pages()), (4, 2));
    }
}
