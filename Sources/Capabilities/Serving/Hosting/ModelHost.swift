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

    private let runtimes: ModelRuntimes
    private let elsewhere: Elsewhere
    private let files: any VersionFiles
    private let blobs: any BlobStore
    private let clock: any WallClock
    private var slots: [ServedVersion: Slot] = [:]

    package init(
        runtimes: ModelRuntimes, elsewhere: Elsewhere = Elsewhere(), files: any VersionFiles, blobs: any BlobStore, clock: any WallClock
    ) {
        self.clock = clock
        self.runtimes = runtimes
        self.elsewhere = elsewhere
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

    /// Lets go now of those of the versions that no split names.
    package func letGo(of versions: Set<ServedVersion>) {
        for version in versions {
            if case .loaded(_, unnamedSince: .some) = slots[version] { slots[version] = nil }
        }
    }

    private func finishLoading(_ version: ServedVersion, _ slot: Slot?) {
        guard case .loading(let waiting) = slots[version] else { return }
        slots[version] = slot
        for continuation in waiting { continuation.resume() }
    }

    /// Outside the actor, so that one slow file holds up nobody else.
    private nonisolated func load(_ version: ServedVersion) async throws -> ServedModel {
        let files = try await files.files(of: version)
        switch try await RuntimeChoice.choose(among: files, of: version, read: { try await read($0, upTo: $1) }) {
        case .file(let file, let format):
            let runtime = try runtimes.runtime(for: format)
            guard file.size <= Self.maximumModelBytes else { throw Self.tooLarge(version) }
            let model = try runtime.load(try await read(file, upTo: Self.maximumModelBytes))
            try WarmUp.run(model)
            return ServedModel(model, platform: format.platform)
        case .folder(let root, let description):
            let servers = try elsewhere.requireServers()
            let model = try MLflowSignature.model(description, of: version)
            let below = files.filter { $0.path.hasPrefix(root) }.map { file in
                ServedFile(path: String(file.path.dropFirst(root.count)), digest: file.digest, size: file.size)
            }
            return ServedModel(try await servers.host(version, model, below, from: blobs), platform: ModelFormat.mlflow.platform)
        case .remote(let file, let description):
            guard file.size <= RemoteDescription.maximumBytes else { throw Self.tooLarge(version) }
            let remote = try RemoteDescription(try await read(file, upTo: RemoteDescription.maximumBytes))
            let model = try await RemoteModel.connect(
                remote, file: description, version: version, egress: try elsewhere.requireEgress(), now: elsewhere.now)
            return ServedModel(model, platform: ModelFormat.remote.platform)
        }
    }

    private nonisolated func read(_ file: ServedFile, upTo limit: Int64) async throws -> [UInt8] {
        let count = min(file.size, limit)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(count))
        guard count > 0 else { return bytes }
        for try await part in try await blobs.get(file.digest, range: 0..<count).bytes {
            bytes.append(contentsOf: part.prefix(Int(count) - bytes.count))
            if bytes.count == Int(count) { break }
        }
        return bytes
    }

    private static func tooLarge(_ version: ServedVersion) -> Problem {
        Problem(
            .tooLarge, "serving.model.too-large", "The model file of \(version) is too large to serve.",
            why: "At most \(maximumModelBytes) bytes are loaded.")
    }
}
