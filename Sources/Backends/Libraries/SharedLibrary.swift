// SPDX-License-Identifier: Apache-2.0

package import Domain
import Foundation

/// A shared library loaded into this process, never to be unloaded; gives the addresses of its functions.
///
/// `@unchecked Sendable`: the handle is set once and only read.
package final class SharedLibrary: @unchecked Sendable {
    package let path: String
    /// What people call it, such as `XGBoost`.
    package let title: String
    private let handle: UnsafeMutableRawPointer
    /// `RTLD_NODELETE`, which the importer leaves out.
    private static let nodelete: Int32 = 0x1000

    /// - Parameters:
    ///   - path: A file, or a bare name for the loader to search for.
    ///   - companion: Beginning of the names of libraries in the same folder that this one needs: they are loaded first, because a
    ///     library taken out of its wheel no longer finds them by itself.
    /// - Throws: `Problem` `.unavailable` with the code `serving.NAME.unloadable`.
    package init(path: String, title: String, companion: String? = nil) throws(Problem) {
        self.path = path
        self.title = title
        if let companion, path.contains("/") {
            let folder = (path as NSString).deletingLastPathComponent
            for name in ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() where name.hasPrefix(companion) {
                _ = dlopen("\(folder)/\(name)", RTLD_NOW | RTLD_LOCAL | Self.nodelete)
            }
        }
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | Self.nodelete) else {
            throw Self.unloadable(path, title, dlerror().map { String(cString: $0) } ?? "The loader does not say why.")
        }
        self.handle = handle
    }

    /// The function of that name as `Function`, which must be its C type.
    ///
    /// - Throws: `Problem` `.unavailable` when the library has none of that name.
    package func function<Function>(_ name: String, as type: Function.Type = Function.self) throws(Problem) -> Function {
        guard let address = dlsym(handle, name) else {
            throw Self.unloadable(path, title, "It is a shared library, but not \(title) of a known release: it has no \(name).")
        }
        return unsafeBitCast(address, to: type)
    }

    /// Whether the loader finds a library of that name or path and it has the function.
    package static func isLoadable(_ path: String, having function: String) -> Bool {
        guard let handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL) else { return false }
        defer { dlclose(handle) }
        return dlsym(handle, function) != nil
    }

    /// - Throws: `Problem` `.unavailable` that lists the places tried.
    package static func path(at location: LibraryLocation, title: String) throws(Problem) -> String {
        guard let path = location.path, !path.contains("/") || FileManager.default.fileExists(atPath: path) else {
            throw Problem(
                .unavailable, "serving.\(title.lowercased()).missing", "\(title), which runs the model, is not installed.",
                why: "Looked in: \(location.tried.joined(separator: ", ")).", fix: installation(title))
        }
        return path
    }

    private static func unloadable(_ path: String, _ title: String, _ why: String) -> Problem {
        Problem(
            .unavailable, "serving.\(title.lowercased()).unloadable", "\(title) at \(path) cannot be loaded.", why: why,
            fix: installation(title))
    }

    private static func installation(_ title: String) -> String {
        "Run `make setup`, or name the library: --\(title.lowercased()) PATH"
    }
}
