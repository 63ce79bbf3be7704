//! Controls that know nothing of the model.
