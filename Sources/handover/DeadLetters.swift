import ArgumentParser

struct DeadLetters: ParsableCommand { func run() throws {} }
