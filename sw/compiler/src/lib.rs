//! Layers to NPU descriptors: layouts, tiling, tokens.
