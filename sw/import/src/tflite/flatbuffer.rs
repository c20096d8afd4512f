//! Tables, vectors and strings of a FlatBuffer. Every offset is checked where it is followed: what
//! a file says of itself cannot lead out of it.
//!
//! ```text
//!  table:  i32 how far the vtable is before it, then the fields
//!  vtable: u16 its bytes, u16 bytes of the table, then for each field u16: where it is in the
//!          table, 0 if it has its default
//!  vector, string: u32 number of elements, then these
//!  a field that is a table, vector or string: u32 how far that is behind the field
//! ```
//!
//! Tables that are read do not contain themselves, so following them ends. Several offsets may
//! lead to one place: nothing is copied here, so that a small file does not become a large one.

/// What is wrong with the bytes.
#[derive(Debug)]
pub struct Fault {
    /// Byte of the file.
    pub offset: usize,
    /// What is there.
    pub reason: String,
}

impl Fault {
    fn new<T>(offset: usize, reason: impl Into<String>) -> Result<T, Self> {
        Err(Self { offset, reason: reason.into() })
    }
}

/// N bytes at an offset of the file.
fn bytes_at<const N: usize>(file: &[u8], offset: usize, what: &str) -> Result<[u8; N], Fault> {
    match file.get(offset..).and_then(|rest| rest.first_chunk()) {
        Some(bytes) => Ok(*bytes),
        None => Fault::new(offset, format!("the file ends within {what}")),
    }
}

/// Follows the offset that stands at `field`.
fn follow(file: &[u8], field: usize) -> Result<usize, Fault> {
    let distance = u32::from_le_bytes(bytes_at(file, field, "an offset")?) as usize;
    match field.checked_add(distance) {
        Some(target) if distance > 0 && target < file.len() => Ok(target),
        _ => Fault::new(field, format!("an offset of {distance} leads out of the file")),
    }
}

/// A table.
#[derive(Clone, Copy)]
pub struct Table<'a> {
    file: &'a [u8],
    start: usize,
    /// Bytes from `start`.
    size: usize,
    /// Where each field is.
    fields: &'a [[u8; 2]],
}

impl<'a> Table<'a> {
    /// The file's root.
    pub fn root(file: &'a [u8]) -> Result<Self, Fault> {
        Self::at(file, follow(file, 0)?)
    }

    fn at(file: &'a [u8], start: usize) -> Result<Self, Fault> {
        let back = i32::from_le_bytes(bytes_at(file, start, "a table")?);
        let vtable = i64::try_from(start).ok().map(|start| start - i64::from(back));
        let Some(vtable) = vtable.and_then(|v| usize::try_from(v).ok()) else {
            return Fault::new(start, "a table's vtable is before the file");
        };
        let [bytes, size] = [0, 2].map(|at| bytes_at(file, vtable.saturating_add(at), "a vtable"));
        let bytes = usize::from(u16::from_le_bytes(bytes?));
        let size = usize::from(u16::from_le_bytes(size?));
        let rest = &file[vtable..];
        if bytes < 4 || bytes % 2 != 0 || bytes > rest.len() {
            return Fault::new(vtable, format!("a vtable of {bytes} bytes is not possible here"));
        }
        if size < 4 || size > file.len() - start {
            return Fault::new(start, format!("a table of {size} bytes is not possible here"));
        }
        let (fields, _) = rest[4..bytes].as_chunks();
        Ok(Self { file, start, size, fields })
    }

    /// Where a field of `width` bytes is in the file.
    fn field(&self, id: usize, width: usize) -> Result<Option<usize>, Fault> {
        match self.fields.get(id).map_or(0, |&at| usize::from(u16::from_le_bytes(at))) {
            0 => Ok(None),
            at if at >= 4 && at + width <= self.size => Ok(Some(self.start + at)),
            at => Fault::new(self.start, format!("field {id} at {at} is not within its table")),
        }
    }

    fn scalar<const N: usize>(&self, id: usize) -> Result<Option<[u8; N]>, Fault> {
        let field = self.field(id, N)?;
        field.map(|at| bytes_at(self.file, at, "a field")).transpose()
    }

    /// A byte, `bool` or small enumeration; 0 where it is not given.
    pub fn u8(&self, id: usize) -> Result<u8, Fault> {
        Ok(self.scalar(id)?.map_or(0, u8::from_le_bytes))
    }

    /// An int32.
    pub fn i32(&self, id: usize, default: i32) -> Result<i32, Fault> {
        Ok(self.scalar(id)?.map_or(default, i32::from_le_bytes))
    }

    /// A uint32; 0 where it is not given.
    pub fn u32(&self, id: usize) -> Result<u32, Fault> {
        Ok(self.scalar(id)?.map_or(0, u32::from_le_bytes))
    }

    /// A uint64; 0 where it is not given.
    pub fn u64(&self, id: usize) -> Result<u64, Fault> {
        Ok(self.scalar(id)?.map_or(0, u64::from_le_bytes))
    }

    /// A float32; 0 where it is not given.
    pub fn f32(&self, id: usize) -> Result<f32, Fault> {
        Ok(self.scalar(id)?.map_or(0.0, f32::from_le_bytes))
    }

    fn target(&self, id: usize) -> Result<Option<usize>, Fault> {
        self.field(id, 4)?.map(|at| follow(self.file, at)).transpose()
    }

    /// A table, if there is one.
    pub fn table(&self, id: usize) -> Result<Option<Self>, Fault> {
        self.target(id)?.map(|at| Self::at(self.file, at)).transpose()
    }

    /// A vector of elements of N bytes, or a string; empty where it is not given.
    pub fn vector<const N: usize>(&self, id: usize) -> Result<&'a [[u8; N]], Fault> {
        let Some(at) = self.target(id)? else { return Ok(&[]) };
        let count = u32::from_le_bytes(bytes_at(self.file, at, "a vector")?) as usize;
        let (elements, _) = self.file[at + 4..].as_chunks();
        match elements.get(..count) {
            Some(elements) => Ok(elements),
            None => Fault::new(at, format!("a vector of {count} elements ends behind the file")),
        }
    }

    /// A vector of tables; empty where it is not given.
    pub fn tables(&self, id: usize) -> Result<Tables<'a>, Fault> {
        let count = self.vector::<4>(id)?.len();
        let first = self.target(id)?.map_or(0, |at| at + 4);
        Ok(Tables { file: self.file, first, count })
    }
}

/// A vector of tables.
#[derive(Clone, Copy)]
pub struct Tables<'a> {
    file: &'a [u8],
    /// Where the first offset is.
    first: usize,
    count: usize,
}

impl<'a> Tables<'a> {
    /// How many.
    pub fn len(&self) -> usize {
        self.count
    }

    /// One of them, if there are as many.
    pub fn get(&self, index: usize) -> Result<Option<Table<'a>>, Fault> {
        if index >= self.count {
            return Ok(None);
        }
        Table::at(self.file, follow(self.file, self.first + 4 * index)?).map(Some)
    }
}
