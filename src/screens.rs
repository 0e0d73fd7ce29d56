//! The screens: a picture in, cells and intents out.
