import Foundation
import Processes
import Testbed
import Testing

/// `scripts/release`, with a Swift that is none: it makes an executable of another one.
@Suite struct ReleaseTests {
  /// A repository with what the script reads, in which everything is committed.
  private struct Repository {
    let folder = FileManager.default.temporaryDirectory.appending(path: "release-\(UUID())")

    /// - Parameter section: One of the executable that is different whenever it is built.
    init(section: String = ".swift_modhash") throws {
      for path in [
        "scripts/release", "scripts/setup", "Sources/Keys/Release.swift", ".github/CHANGELOG.md", "README.md",
        "compose/redis/users.acl", ".gitignore",
      ] {
        let place = folder.appending(path: path)
        try FileManager.default.createDirectory(
          at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: Executables.package.appending(path: path), to: place)
      }
      let tools = folder.appending(path: ".build/tools")
      try FileManager.default.createDirectory(at: tools, withIntermediateDirectories: true)
      let swift = """
        #!/bin/sh
        mkdir -p ../scratch/release
        date +%s.%N >section
        objcopy --add-section \(section)=section /bin/true ../scratch/release/handover
        """
      try Self.write(swift, to: tools.appending(path: "swift"))
      // No image, whatever this machine has.
      try Self.write("#!/bin/sh\nexit 1\n", to: tools.appending(path: "docker"))
      try git("init", "--quiet")
      try commit()
    }

    private static func write(_ program: String, to file: URL) throws {
      try program.write(to: file, atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    }

    func commit() throws {
      try git("add", "--all")
      try git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "All")
    }

    private func git(_ arguments: String...) throws {
      let process = try RunningProcess("git", ["-C", folder.path] + arguments)
      process.wait()
      guard process.exitStatus == 0 else { throw NeverHappened(description: "git \(arguments)") }
    }

    func change(_ path: String, _ change: (String) -> String) throws {
      let file = folder.appending(path: path)
      try change(String(contentsOf: file, encoding: .utf8)).write(to: file, atomically: true, encoding: .utf8)
    }

    /// Runs a command in the folder. Returns its exit status, and what it printed.
    func run(_ program: String, _ arguments: String...) throws -> (status: Int32?, text: String) {
      let log = FileManager.default.temporaryDirectory.appending(path: "log-\(UUID())")
      defer { try? FileManager.default.removeItem(at: log) }
      let path = "\(folder.path)/.build/tools:\(ProcessInfo.processInfo.environment["PATH"] ?? "")"
      let process = try RunningProcess(
        program, arguments, environment: ["PATH": path, "BUILD_FOLDER": "\(folder.path)/.build/place"],
        log: log)
      process.wait()
      return (process.exitStatus, try String(contentsOf: log, encoding: .utf8))
    }

    func release(_ arguments: String...) throws -> (status: Int32?, text: String) {
      try run("/bin/sh", "-c", "exec \(folder.path)/scripts/release \(arguments.joined(separator: " "))")
    }

    /// The files of the release, by name.
    func made() throws -> [URL] {
      let build = folder.appending(path: ".build")
      let found = try FileManager.default.contentsOfDirectory(at: build, includingPropertiesForKeys: nil)
      guard let release = found.first(where: { $0.lastPathComponent.contains(/^release-[0-9]/) }) else {
        return []
      }
      return try FileManager.default.contentsOfDirectory(at: release, includingPropertiesForKeys: nil)
        .sorted { $0.path < $1.path }
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }
  }

  @Test func `what is not committed is not released`() async throws {
    try await onThread {
      let repository = try Repository()
      defer { repository.remove() }
      try repository.change("README.md") { $0 + "\n" }
      let refused = try repository.release()
      #expect(refused.status == 1)
      #expect(
        refused.text.contains("No release: commit these changes first") && refused.text.contains("README.md"))
      #expect(try repository.made() == [])
    }
  }

  @Test func `a version that the changes do not describe is not released`() async throws {
    try await onThread {
      let repository = try Repository()
      defer { repository.remove() }
      try repository.change("Sources/Keys/Release.swift") { $0.replacing(/"[0-9.]+"/, with: "\"99.0.0\"") }
      try repository.commit()
      let refused = try repository.release()
      #expect(refused.status == 1)
      #expect(refused.text.contains("has no section “## 99.0.0”"), "\(refused.text)")
      try repository.change(".github/CHANGELOG.md") { $0 + "\n## 99.0.0\n" }
      try repository.commit()
      #expect(try repository.release().status == 0)
    }
  }

  @Test func `a release has all executables and their sum, and is the same from another folder`() async throws
  {
    try await onThread {
      let repository = try Repository()
      defer { repository.remove() }
      let made = try repository.release("--check")
      #expect(made.status == 0, "\(made.text)")
      #expect(made.text.contains("tar.gz is the same from both folders."))
      #expect(made.text.contains("No Docker answers here"))
      let files = try repository.made()
      #expect(files.map(\.lastPathComponent).contains("SHA256SUMS"))
      let release = try #require(files.first).deletingLastPathComponent().path
      let sums = try repository.run("sh", "-c", "cd \(release) && sha256sum --check SHA256SUMS")
      #expect(sums.status == 0 && sums.text.contains("tar.gz: OK"))
      let list = try repository.run("sh", "-c", "tar --list --verbose --file \(release)/*.tar.gz").text
      for service in Deployment.workers.map({ "\($0)-worker" }) + ["ingress"] {
        #expect(list.contains("/\(service) -> handover\n"), "\(list)")
      }
      for file in ["handover", "README.md", "CHANGELOG.md", "users.acl"] {
        #expect(list.contains("/\(file)\n"), "\(list)")
      }
    }
  }

  @Test func `builds of the same commit that differ are told`() async throws {
    try await onThread {
      let repository = try Repository(section: ".text.handover")
      defer { repository.remove() }
      let made = try repository.release("--check")
      #expect(made.status == 1)
      #expect(
        made.text.contains("handover differs in")
          && made.text.contains("two builds of the same commit differ"))
    }
  }
}
