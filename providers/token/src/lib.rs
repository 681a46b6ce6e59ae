//! The pass-through provider.
