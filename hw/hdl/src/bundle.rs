//! Bundles: interfaces declared once.

/// Joins a bundle's prefix and a field's name.
#[doc(hidden)]
pub fn field_name(prefix: &str, field: &str) -> String {
    if prefix.is_empty() { field.to_string() } else { format!("{prefix}_{field}") }
}

/// Declares an interface as a struct of signals, with directions as its source sees them.
///
/// ```
/// use systole_hdl::prelude::*;
///
/// bundle! {
///     /// Valid/ready stream of words.
///     pub Stream(width: u32) {
///         /// A word is offered.
///         out valid: Bit,
///         /// The word is taken.
///         in ready: Bit,
///         /// The word.
///         out data: U(width),
///     }
/// }
///
/// let relay = module("relay", |m| {
///     let from = Stream::sink(m, "from", 8);
///     let to = Stream::source(m, "to", 8);
///     from.connect_to(to);
/// });
/// assert!(check(&relay).is_ok());
/// ```
///
/// The struct has a `Signal` for each field, and
/// - `source(m, prefix, parameters..)`: ports `<prefix>_<field>`, `out` fields are outputs;
/// - `sink(m, prefix, parameters..)`: the other way round;
/// - `wires(m, prefix, parameters..)`: wires inside a module;
/// - `connect_to(sink)`: drives the sink's `out` fields from here and the `in` fields here from it;
/// - `of_instance(&instance, prefix, parameters..)`: the source ports of a child; its inputs are
///   pinned to wires that are to be driven, for instance by `connect_to`;
/// - `into_instance(&instance, prefix)`: connects to the sink ports of a child.
#[macro_export]
macro_rules! bundle {
    (
        $(#[doc = $doc:literal])*
        $visibility:vis $name:ident $(($($parameter:ident : $kind:ty),* $(,)?))? {
            $($(#[doc = $field_doc:literal])* $direction:ident $field:ident : $ty:expr),+ $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug)]
        $visibility struct $name {
            $(
                #[doc = concat!("`", stringify!($direction), " ", stringify!($field), "`.")]
                $(#[doc = $field_doc])*
                pub $field: $crate::Signal,
            )+
        }

        #[allow(dead_code, unused_variables)]
        #[allow(clippy::too_many_arguments, clippy::wrong_self_convention)]
        impl $name {
            /// Ports of the side that drives the `out` fields.
            #[track_caller]
            pub fn source(
                m: $crate::M, prefix: impl AsRef<str> $($(, $parameter: $kind)*)?
            ) -> Self {
                let prefix = prefix.as_ref();
                Self { $($field: $crate::bundle!(
                    @source $direction m, $crate::field_name(prefix, stringify!($field)), $ty
                ).doc(concat!($($field_doc),*).trim()),)+ }
            }

            /// Ports of the side that drives the `in` fields.
            #[track_caller]
            pub fn sink(
                m: $crate::M, prefix: impl AsRef<str> $($(, $parameter: $kind)*)?
            ) -> Self {
                let prefix = prefix.as_ref();
                Self { $($field: $crate::bundle!(
                    @sink $direction m, $crate::field_name(prefix, stringify!($field)), $ty
                ).doc(concat!($($field_doc),*).trim()),)+ }
            }

            /// Wires, all still to be driven.
            #[track_caller]
            pub fn wires(
                m: $crate::M, prefix: impl AsRef<str> $($(, $parameter: $kind)*)?
            ) -> Self {
                let prefix = prefix.as_ref();
                Self { $($field: m.wire($crate::field_name(prefix, stringify!($field)), $ty),)+ }
            }

            /// Drives the `out` fields of `sink` from here, and the `in` fields here from it.
            #[track_caller]
            pub fn connect_to(self, sink: Self) {
                $($crate::bundle!(@connect $direction self, sink, $field);)+
            }

            /// The ports of a child that is a source; its inputs are pinned to new wires.
            #[track_caller]
            pub fn of_instance(
                instance: &$crate::Instance, prefix: impl AsRef<str> $($(, $parameter: $kind)*)?
            ) -> Self {
                let prefix = prefix.as_ref();
                Self { $($field: $crate::bundle!(
                    @of $direction instance, $crate::field_name(prefix, stringify!($field)), $ty
                ),)+ }
            }

            /// Connects to the ports of a child that is a sink.
            #[track_caller]
            pub fn into_instance(&self, instance: &$crate::Instance, prefix: impl AsRef<str>) {
                let prefix = prefix.as_ref();
                $($crate::bundle!(
                    @into $direction instance, $crate::field_name(prefix, stringify!($field)),
                    self.$field
                );)+
            }
        }
    };
    (@source out $m:expr, $name:expr, $ty:expr) => { $m.output_wire($name, $ty) };
    (@source in $m:expr, $name:expr, $ty:expr) => { $m.input($name, $ty) };
    (@sink out $m:expr, $name:expr, $ty:expr) => { $m.input($name, $ty) };
    (@sink in $m:expr, $name:expr, $ty:expr) => { $m.output_wire($name, $ty) };
    (@connect out $source:expr, $sink:expr, $field:ident) => { $sink.$field.drive($source.$field) };
    (@connect in $source:expr, $sink:expr, $field:ident) => { $source.$field.drive($sink.$field) };
    (@of out $instance:expr, $name:expr, $ty:expr) => { $instance.out($name) };
    (@of in $instance:expr, $name:expr, $ty:expr) => { $instance.pin_wire($name, $ty) };
    (@into out $instance:expr, $name:expr, $field:expr) => { $instance.pin($name, $field) };
    (@into in $instance:expr, $name:expr, $field:expr) => { $field.drive($instance.out($name)) };
}
