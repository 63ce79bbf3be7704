//! What a control surface says and shows: pure codecs and device descriptions.
