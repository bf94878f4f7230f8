import ArgumentParser
import Foundation

/// Measures all that has a goal.
struct TableCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table",
    abstract: "Measures all that has a goal, side by side with the floors: some four minutes.",
    discussion: """
      Prints each measurement, and then a table of medians with the range of the figures. Ratios are of what was
      measured in turn. Where the goal is a CPU time of another machine, the time is scaled by how fast the drain's
      floor is there and here, and the one beside it is as measured.
      """)

  @Option(
    help: ArgumentHelp(
      "The floor of the drain, run as PROGRAM ENTRIES BATCH SHARDS. It prints ': N entries/s'.",
      valueName: "program"))
  var floor: String?
  @Option(
    help: ArgumentHelp("The executables of another release, called in the same run.", valueName: "folder"))
  var beside: String?
  @Flag(help: "Does a little of everything, to see that it works.")
  var tiny = false

  func validate() throws {
    if let floor, !FileManager.default.isExecutableFile(atPath: floor) {
      throw ValidationError("--floor names no program: \(floor)")
    }
  }

  func run() async throws {
    Cleanup.guardAgainstSignals()
    print(Machine().line, "\n")
    let table = PerformanceTable(
      amounts: tiny ? .tiny : .full, floor: floor.map(DrainFloor.init),
      beside: beside.map { Executables(in: URL(filePath: $0, directoryHint: .isDirectory)) }
    ) {
      print($0)
      fflush(nil)
    }
    let began = ContinuousClock.now
    let rows = try await table.run()
    print("\n\(TableRow.table(rows))\n")
    if floor == nil { print("Without --floor, nothing is beside the drain.") }
    if beside == nil { print("Without --beside, no other release is beside the calls.") }
    print("measured in \(decimal((ContinuousClock.now - began).seconds)) s")
  }
}
