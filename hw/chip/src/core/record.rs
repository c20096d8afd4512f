//! Records: named groups of signals that travel down the pipeline together.

/// Declares a struct of signals `field: Ty` with constructors for registers, module outputs and
/// the outputs of an instance. With a configuration, `pub Name(config) {`, a field may be there
/// only `if` a condition holds; it is then an `Option`.
macro_rules! record {
    (@type) => { Signal };
    (@type $condition:expr) => { Option<Signal> };
    (@make $signal:expr;) => { $signal };
    (@make $signal:expr; $condition:expr) => { ($condition).then(|| $signal) };
    (@set $to:expr, $from:expr;) => { $to.set($from) };
    (@set $to:expr, $from:expr; $condition:expr) => {
        if let (Some(to), Some(from)) = ($to, $from) {
            to.set(from);
        }
    };
    (@pin $to:expr, $port:expr, $from:expr;) => { $to.pin($port, $from) };
    (@pin $to:expr, $port:expr, $from:expr; $condition:expr) => {
        if let Some(from) = $from {
            $to.pin($port, from);
        }
    };
    ($(#[$doc:meta])* pub $name:ident $(($config:ident))? {
        $($(#[$field_doc:meta])* $field:ident: $ty:expr $(, if $condition:expr)?;)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: record!(@type $($condition)?),)*
        }

        #[allow(dead_code, reason = "a record needs only some of the constructors")]
        impl $name {
            /// Registers named `<prefix>_<field>`.
            pub fn registers(m: M, $($config: &CoreConfig,)? prefix: &str) -> Self {
                let register = |field: &str, ty: Ty| m.reg(format!("{prefix}_{field}"), ty);
                Self {
                    $($field: record!(@make register(stringify!($field), $ty); $($condition)?),)*
                }
            }

            /// Output ports named after the fields, to be driven.
            pub fn outputs(m: M $(, $config: &CoreConfig)?) -> Self {
                Self {
                    $($field: record!(@make m.output_wire(stringify!($field), $ty);
                        $($condition)?),)*
                }
            }

            /// Input ports named after the fields.
            pub fn inputs(m: M $(, $config: &CoreConfig)?) -> Self {
                Self {
                    $($field: record!(@make m.input(stringify!($field), $ty); $($condition)?),)*
                }
            }

            /// Connects the inputs of an instance whose module was built with `inputs`.
            pub fn connect(&self, instance: Instance) -> Instance {
                $(record!(@pin instance, stringify!($field), self.$field; $($condition)?);)*
                instance
            }

            /// The outputs of an instance whose module was built with `outputs`.
            pub fn of(instance: &Instance $(, $config: &CoreConfig)?) -> Self {
                Self {
                    $($field: record!(@make instance.out(stringify!($field)); $($condition)?),)*
                }
            }

            /// Sets every field; inside a clocked or comb block.
            pub fn set(&self, from: &Self) {
                $(record!(@set self.$field, from.$field; $($condition)?);)*
            }
        }
    };
}

pub(in crate::core) use record;
