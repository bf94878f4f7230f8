// The design documentation is the DocC catalogue beside this file. SwiftPM builds a catalogue only as part of a target,
// so this target holds nothing else: no other target depends on it, and no executable contains it. `scripts/docs`
// builds it.
