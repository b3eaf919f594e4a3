//! Descriptions of interfaces and of data: texts to facts.
