//! Images and what runs them: texts to facts.
