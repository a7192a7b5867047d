// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Synchronization

/// Artifacts of a run or logged model of a tracking server: from its folder on this machine where it is there, else through the server.
struct MLflowFiles {
    let server: MLflowServer
    let root: ArtifactRoot?
    let fetched: FetchedFiles

    /// Adds files after a path, in the order of their paths, until the budget is spent.
    ///
    /// - Returns: The path after which to go on; nil when all are there.
    func add(
        of owner: MLflowOwner, at location: String, after path: String, budget: (points: Int, files: Int, bytes: Int64),
        to part: inout SourcePart
    ) async throws -> String? {
        var last = path
        if let files = try root?.files(at: location), !files.isEmpty {
            for file in files where file.path > path {
                guard part.files.count < budget.files else { return last }
                part.files.append(SourceFile(owner, file.path, file.file))
                last = file.path
            }
            return nil
        }
        let files: [(path: String, size: Int64)]
        do {
            files = try await list(of: owner)
        } catch let problem as Problem where problem.kind != .unavailable && problem.kind != .tooLarge {
            part.omitted["runs or logged models whose artifacts the server cannot list: \(problem.code)", default: 0] += 1
            return nil
        }
        var bytes = part.files.reduce(0) { $0 + $1.bytes }
        for file in files where file.path > path {
            guard part.files.count < budget.files, bytes < budget.bytes || part.files.isEmpty else { return last }
            let copy = fetched.place()
            last = file.path
            do {
                try await server.download(file.path, of: owner, to: copy)
            } catch let problem as Problem where problem.kind != .unavailable {
                part.omitted["artifacts that the server does not give: \(problem.code)", default: 0] += 1
                continue
            }
            var source = SourceFile(owner, file.path, copy)
            source.isTemporary = true
            source.bytes = file.size
            bytes += file.size
            part.files.append(source)
        }
        return nil
    }

    /// All files of an owner, sorted.
    private func list(of owner: MLflowOwner) async throws -> [(path: String, size: Int64)] {
        var files: [(path: String, size: Int64)] = []
        var folders = [""]
        while let folder = folders.popLast() {
            var token: String?
            repeat {
                let (items, next) = try await server.artifacts(of: owner, in: folder, after: token)
                for item in items {
                    guard let path = item["path"]?.text, path != folder else { continue }
                    if item["is_dir"] == true { folders.append(path) } else { files.append((path, item["file_size"]?.whole ?? 0)) }
                }
                guard files.count + folders.count <= ArtifactRoot.maximumListed else {
                    throw Problem(
                        .tooLarge, "import.artifacts.too-many", "A run or logged model has more than \(ArtifactRoot.maximumListed) files.",
                        fix: "Pack them into fewer before importing.")
                }
                token = next
            } while token != nil
        }
        return files.sorted { $0.path < $1.path }
    }
}

/// A folder for files on their way; it goes with the last use of it.
final class FetchedFiles: Sendable {
    private let folder: URL
    private let count = Mutex(0)

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "dhow-import-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    func place() -> URL {
        let number = count.withLock { count in
            count += 1
            return count
        }
        return folder.appending(path: String(number))
    }
}

extension SourceFile {
    fileprivate init(_ owner: MLflowOwner, _ path: String, _ file: URL) {
        switch owner {
        case .run(let id): self.init(run: id, loggedModel: nil, path: path, file: file)
        case .loggedModel(let id): self.init(run: nil, loggedModel: id, path: path, file: file)
        }
    }
}
