//! Versions, variables and prose: texts to facts.
