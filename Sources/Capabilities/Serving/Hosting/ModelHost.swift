// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// The models in this process's memory: one for each version, loaded once however many ask at the same time.
package actor ModelHost {
    private enum Slot {
        case loading([CheckedContinuation<Void, Never>])
        /// With the moment since when no split has named the version; nil while one does.
        case loaded(ServedModel, unnamedSince: Timestamp?)
        case failed(Problem, at: Timestamp)
    }

    /// Largest model file taken into memory.
    package static let maximumModelBytes: Int64 = 1 << 30
    /// How long a version stays after the last split that named it, so that a rollback finds it in memory.
    package static let keptFor = Duration.seconds(15 * 60)
    /// How long a model that could not be loaded is not tried again, so that requests do not read a broken file over and over.
    package static let retryAfter = Duration.seconds(5)

    private let runtime: Result<any ModelRuntime, Problem>
    private let files: any VersionFiles
    private let blobs: any BlobStore
    private let clock: any WallClock
    private var slots: [ServedVersion: Slot] = [:]

    /// - Parameter runtime: The problem, when there is no runtime: everything but inference works without one.
    package init(runtime: Result<any ModelRuntime, Problem>, files: any VersionFiles, blobs: any BlobStore, clock: any WallClock) {
        self.clock = clock
        self.runtime = runtime
        self.files = files
        self.blobs = blobs
    }

    /// The version's model, loaded when it is not in memory yet.
    ///
    /// - Throws: `Problem` `.unavailable` without a runtime, `.notFound` for an unknown version, `.invalid` or `.tooLarge` when the
    ///   version's files are not a model that can be served.
    package func model(of version: ServedVersion) async throws -> ServedModel {
        while true {
            switch slots[version] {
            case .loaded(let model, _): return model
            case .loading(let waiting):
                await withCheckedContinuation { slots[version] = .loading(waiting + [$0]) }
            case .failed(let problem, let time) where clock.now() - time < Self.retryAfter: throw problem
            case .failed, nil:
                slots[version] = .loading([])
                do {
                    let model = try await load(version)
                    finishLoading(version, .loaded(model, unnamedSince: nil))
                    return model
                } catch {
                    // What is no fault of the file (a cancelled request, storage away) is tried again at once.
                    let problem = error as? Problem
                    finishLoading(version, problem.flatMap { $0.kind == .unavailable ? nil : .failed($0, at: clock.now()) })
                    throw error
                }
            }
        }
    }

    package var loadedVersions: Set<ServedVersion> {
        Set(slots.compactMap { version, slot in if case .loaded = slot { version } else { nil } })
    }

    /// Lets go of the versions that no split has named for `keptFor`.
    package func keep(_ named: Set<ServedVersion>, at now: Timestamp) {
        for case (let version, .loaded(let model, let since)) in slots {
            if named.contains(version) {
                slots[version] = .loaded(model, unnamedSince: nil)
            } else if now - (since ?? now) >= Self.keptFor {
                slots[version] = nil
                model.retire()
            } else {
                slots[version] = .loaded(model, unnamedSince: since ?? now)
            }
        }
    }

    private func finishLoading(_ version: ServedVersion, _ slot: Slot?) {
        guard case .loading(let waiting) = slots[version] else { return }
        slots[version] = slot
        for continuation in waiting { continuation.resume() }
    }

    /// Outside the actor, so that one slow file holds up nobody else.
    private nonisolated func load(_ version: ServedVersion) async throws -> ServedModel {
        let runtime = try runtime.get()
        let file = try Self.modelFile(among: try await files.files(of: version), of: version)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(file.size))
        for try await part in try await blobs.get(file.digest, range: nil).bytes {
            guard Int64(bytes.count + part.count) <= Self.maximumModelBytes else { throw Self.tooLarge(version) }
            bytes.append(contentsOf: part)
        }
        return ServedModel(try runtime.load(bytes))
    }

    private static func modelFile(among files: [ServedFile], of version: ServedVersion) throws(Problem) -> ServedFile {
        let models = files.filter { $0.path.lowercased().hasSuffix(".onnx") }
        guard let file = models.first else {
            throw Problem(
                .invalid, "serving.model.file-missing", "Nothing in \(version) can be served.",
                why: "None of its \(files.count) files ends in '.onnx'.",
                fix: "Export the model to ONNX and register a version with that file.")
        }
        guard models.count == 1 else {
            throw Problem(
                .invalid, "serving.model.file-ambiguous", "Which file of \(version) to serve is not clear.",
                why:
                    "It has \(models.count) that end in '.onnx': \(models.prefix(5).map { "'\($0.path.printable)'" }.joined(separator: ", ")).",
                fix: "Register a version with exactly one.")
        }
        guard file.size <= maximumModelBytes else { throw tooLarge(version) }
        return file
    }

    private static func tooLarge(_ version: ServedVersion) -> Problem {
        Problem(
            .tooLarge, "serving.model.too-large", "The model file of \(version) is too large to serve.",
            why: "At most \(maximumModelBytes) bytes are loaded.")
    }
}
