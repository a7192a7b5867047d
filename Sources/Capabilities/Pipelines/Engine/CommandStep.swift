// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation

/// A command step with everything it refers to found: what makes its key, and what its folder and environment will hold.
struct CommandStep: Sendable {
    let step: StepSpecification
    let inputs: [String: ResolvedBinding]
    let sources: [String: BlobDigest]
    let environment: [String: String]
    /// The lock file of its Python environment.
    let lock: BlobDigest?

    init(_ step: StepSpecification, _ sources: [String: BlobDigest], _ resolver: BindingResolver) async throws {
        self.step = step
        inputs = try await resolver.resolve(step.inputs)
        self.sources = step.source.isEmpty ? [:] : sources.filter { path, _ in step.source.contains { $0.matches(path) } }
        var environment: [String: String] = [:]
        for (name, binding) in try await resolver.resolve(step.environment) {
            environment[name] = try CommandContract.text(binding.value ?? .null)
        }
        for name in step.parameters {
            environment[CommandContract.parameterVariable(name)] = try CommandContract.text(resolver.execution.parameters[name] ?? .null)
        }
        if let item = resolver.item {
            environment[CommandContract.itemVariable] = CommandContract.content(item.value)
            environment[CommandContract.indexVariable] = String(item.index)
        }
        self.environment = environment
        guard case .python(let path) = step.runtime else {
            lock = nil
            return
        }
        guard let digest = sources[path] else {
            throw Problem(
                .invalid, "pipelines.runtime.absent",
                "The lock file '\(path.printable)' of step '\(step.name)' came not with its pipeline.",
                fix: "Put it in the pipeline's folder and apply it again.")
        }
        lock = digest
    }

    /// What makes the result; an element's index is no part of it, because the same element gives the same result wherever it stands.
    var key: StepKey {
        get throws {
            var digests: [String: BlobDigest] = [:]
            for (name, input) in inputs { digests[name] = try Self.digest(of: input) }
            var environment = environment
            environment[CommandContract.indexVariable] = nil
            switch step.runtime {
            case .host: break
            case .python: environment[CommandContract.runtimeKey] = "python \(lock?.description ?? "")"
            case .image(let image): environment[CommandContract.runtimeKey] = "image \(image)"
            }
            return StepKey(
                command: step.command, environment: environment, inputs: digests, source: sources, outputs: step.outputs.mapValues(\.path))
        }
    }

    /// Lays out sources, inputs and folders of outputs, and gives the variables that name them.
    func layOut(in folder: String, _ transfer: FileTransfer) async throws -> [String: String] {
        var variables = environment
        for (path, digest) in sources { try await transfer.write(digest, to: folder + "/" + path) }
        for (name, input) in inputs {
            let path = "\(folder)/\(CommandContract.inputFolder)/\(name)"
            variables[CommandContract.inputVariable(name)] = try await place(input, at: path, transfer) ? path : ""
        }
        for (name, output) in step.outputs {
            let path = folder + "/" + output.path
            try WrittenFile.makeFolder((path as NSString).deletingLastPathComponent)
            variables[CommandContract.outputVariable(name)] = path
        }
        return variables
    }

    /// - Returns: Whether there was something to place.
    private func place(_ input: ResolvedBinding, at path: String, _ transfer: FileTransfer) async throws -> Bool {
        switch input {
        case .absent: return false
        case .output(.file(let digest, _)): try await transfer.write(digest, to: path)
        case .output(.folder(let files)): try await place(files, at: path, transfer)
        case .snapshot(_, let files), .model(_, _, let files):
            // One file is the input itself; several stand in a folder of that name.
            if files.count == 1, let only = files.first {
                try await transfer.write(only.value, to: path)
            } else {
                try await place(files, at: path, transfer)
            }
        case .value, .output(.value), .mapping, .list:
            try WrittenFile(path).write(Array(CommandContract.content(input.value ?? .null).utf8))
        }
        return true
    }

    private func place(_ files: [String: BlobDigest], at path: String, _ transfer: FileTransfer) async throws {
        try WrittenFile.makeFolder(path)
        for (name, digest) in files where RelativePath.isContained(name) { try await transfer.write(digest, to: path + "/" + name) }
    }

    private static func digest(of input: ResolvedBinding) throws -> BlobDigest {
        switch input {
        case .output(let output) where output.digest != nil: return output.digest ?? StepKey.digest(ofTree: [:])
        case .snapshot(_, let files), .model(_, _, let files): return StepKey.digest(ofTree: files)
        case .absent: return StepKey.digest(ofTree: [:])
        default: return StepKey(command: [CommandContract.content(input.value ?? .null)]).digest
        }
    }
}
