//! The contract of the text servers, for TCP in all three concurrency types.

use grade::text_server::TextServer;

/// The cases that hold for each way of being concurrent, and those of its own.
macro_rules! sock_server {
    ($how:ident, $option:literal; $($module:ident: $($case:ident),+ $(,)?;)+) => {
        mod $how {
            fn server() -> super::TextServer {
                super::TextServer::new(env!("CARGO_BIN_EXE_sock_server")).replies("OK").option($option)
            }
            $(mod $module {
                $(
                    #[test]
                    fn $case() -> grade::Result {
                        grade::text_server::$module::$case(&super::server())
                    }
                )+
            })+
        }
    };
}
