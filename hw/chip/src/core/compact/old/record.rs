//! Records: named groups of signals that travel down the pipeline together.

/// Declares a struct of signals `field: Ty` with constructors for registers, module outputs and
/// the outputs of an instance.
macro_rules! record {
    ($(#[$doc:meta])* pub $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:expr),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: Signal,)*
        }

        #[allow(dead_code, reason = "a record needs only some of the constructors")]
        impl $name {
            /// Registers named `<prefix>_<field>`.
            pub fn registers(m: M, prefix: &str) -> Self {
                Self { $($field: m.reg(format!("{prefix}_{}", stringify!($field)), $ty),)* }
            }

            /// Output ports named after the fields, to be driven.
            pub fn outputs(m: M) -> Self {
                Self { $($field: m.output_wire(stringify!($field), $ty),)* }
            }

            /// Input ports named after the fields.
            pub fn inputs(m: M) -> Self {
                Self { $($field: m.input(stringify!($field), $ty),)* }
            }

            /// Connects the inputs of an instance whose module was built with `inputs`.
            pub fn pin(&self, instance: Instance) -> Instance {
                instance$(.pin(stringify!($field), self.$field))*
            }

            /// The outputs of an instance whose module was built with `outputs`.
            pub fn of(instance: &Instance) -> Self {
                Self { $($field: instance.out(stringify!($field)),)* }
            }

            /// Sets every field; inside a clocked or comb block.
            pub fn set(&self, from: &Self) {
                $(self.$field.set(from.$field);)*
            }
        }
    };
}

pub(in crate::core) use record;
