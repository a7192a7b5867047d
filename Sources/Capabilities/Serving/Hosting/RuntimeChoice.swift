// SPDX-License-Identifier: Apache-2.0

import Domain

/// What of a version's files is the model, and so what answers with it.
///
/// A file that names a server elsewhere comes first. Then MLflow's folder: the file of its flavor when a runtime of this process can load
/// that, else the whole folder, for a server of its own. Else the one file that a runtime of this process can load.
enum RuntimeChoice: Sendable {
    /// One file, for the runtime of its format in this process.
    case file(ServedFile, ModelFormat)
    /// The files beneath the folder `root`, which is empty or ends in `/`.
    case folder(root: String, MLmodelFile)
    /// The file that says where; MLflow's description when there is one too, because of the signature it states.
    case remote(ServedFile, MLmodelFile?)

    /// Where a version says that a server elsewhere answers.
    static let remoteFile = "dhow-remote.json"
    /// How much of a file shows whose format it is.
    private static let headBytes: Int64 = 256
    /// Files whose ending says too little are looked into, so many of them.
    private static let maximumHeads = 32

    /// - Parameter read: The first bytes of a file, as many as there are up to the limit.
    /// - Throws: `Problem` `.invalid` when none or several of the files are a model; what `read` throws.
    static func choose(
        among files: [ServedFile], of version: ServedVersion, read: (ServedFile, Int64) async throws -> [UInt8]
    ) async throws -> RuntimeChoice {
        let described = try await description(among: files, read: read)
        if let remote = files.first(where: { $0.path == remoteFile }) { return .remote(remote, described?.file) }
        if let described {
            guard let native = described.file.native else { return .folder(root: described.root, described.file) }
            guard let file = files.first(where: { $0.path == described.root + native.path }) else {
                throw Problem(
                    .invalid, "serving.model.file-missing", "The model file of \(version) is not there.",
                    why: "Its file '\(MLmodelFile.name)' names '\(native.path.printable)'.",
                    fix: "Register a version with the whole folder.")
            }
            return .file(file, native.format)
        }
        return try await only(among: files, of: version, read: read)
    }

    /// MLflow's own description, in the folder nearest to the root; nil when there is none that can be read.
    private static func description(
        among files: [ServedFile], read: (ServedFile, Int64) async throws -> [UInt8]
    ) async throws -> (file: MLmodelFile, root: String)? {
        let depth = { (file: ServedFile) in file.path.utf8.count { $0 == UInt8(ascii: "/") } }
        let named = files.filter { $0.path == MLmodelFile.name || $0.path.hasSuffix("/" + MLmodelFile.name) }
        guard let file = named.min(by: { (depth($0), $0.path) < (depth($1), $1.path) }), file.size <= MLmodelFile.maximumBytes,
            let description = MLmodelFile(String(decoding: try await read(file, file.size), as: UTF8.self))
        else { return nil }
        return (description, String(file.path.dropLast(MLmodelFile.name.count)))
    }

    private static func only(
        among files: [ServedFile], of version: ServedVersion, read: (ServedFile, Int64) async throws -> [UInt8]
    ) async throws -> RuntimeChoice {
        var models: [(file: ServedFile, format: ModelFormat)] = []
        var heads = 0
        for file in files {
            guard let ending = Ending(of: file.path) else { continue }
            if let text = ending.opening {
                heads += 1
                guard heads <= maximumHeads, isOpened(try await read(file, headBytes), by: text) else { continue }
            }
            models.append((file, ending.format))
        }
        guard let model = models.first else {
            throw Problem(
                .invalid, "serving.model.file-missing", "Nothing in \(version) can be served.",
                why: "None of its \(files.count) files is a model of ONNX, XGBoost or LightGBM, or MLflow's file '\(MLmodelFile.name)'.",
                fix: "Register a version with one of these: docs/serving.md says how each is recognised.")
        }
        guard models.count == 1 else {
            let list = models.prefix(5).map { "'\($0.file.path.printable)' (\($0.format.title))" }.joined(separator: ", ")
            throw Problem(
                .invalid, "serving.model.file-ambiguous", "Which file of \(version) to serve is not clear.",
                why: "It has \(models.count) that are models: \(list).", fix: "Register a version with exactly one.")
        }
        return .file(model.file, model.format)
    }

    /// Whether the bytes begin with the text, apart from spaces.
    private static func isOpened(_ bytes: [UInt8], by text: String) -> Bool {
        bytes.filter { $0 > 32 }.starts(with: text.utf8)
    }
}

/// The ending of a name, as far as it may be one of a model.
private struct Ending {
    let format: ModelFormat
    /// What such a file begins with, when the ending alone says too little.
    let opening: String?

    init?(of path: String) {
        switch path.lowercased().split(separator: ".", omittingEmptySubsequences: false).last {
        case "onnx": (format, opening) = (.onnx, nil)
        case "ubj", "xgb": (format, opening) = (.xgboost, nil)
        case "json": (format, opening) = (.xgboost, #"{"learner":"#)
        case "lgb": (format, opening) = (.lightgbm, nil)
        case "txt": (format, opening) = (.lightgbm, "treeversion=")
        default: return nil
        }
    }
}
