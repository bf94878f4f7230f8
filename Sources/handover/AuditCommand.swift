import ArgumentParser

struct AuditCommand: ParsableCommand { func run() throws {} }
