using System.Security.Cryptography;

namespace Alignment.Ui.Assets;

/// <summary>Styles and modules from the assembly, at <c>/ui/…</c>. Addresses carry the content's hash, so browsers may keep them for ever.</summary>
internal sealed class EmbeddedAssets
{
    private readonly Dictionary<string, Asset> assets = typeof(EmbeddedAssets).Assembly.GetManifestResourceNames()
        .Where(n => n.StartsWith("wwwroot/", StringComparison.Ordinal)).ToDictionary(n => n["wwwroot/".Length..], Read, StringComparer.Ordinal);

    /// <summary>The address to write into a page.</summary>
    public string Address(string path) => $"/ui/{path}?v={assets[path].Hash}";

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/ui/{**path}", (string path, HttpContext context) =>
    {
        if (!assets.TryGetValue(path, out var asset))
        {
            return Results.NotFound();
        }

        // Modules import each other without the hash; those answers are checked by entity tag.
        context.Response.Headers.CacheControl = context.Request.Query["v"] == asset.Hash ? "public, max-age=31536000, immutable" : "no-cache";
        return Results.Bytes(asset.Bytes, asset.Type, entityTag: new($"\"{asset.Hash}\""));
    });

    private static Asset Read(string name)
    {
        using var stream = typeof(EmbeddedAssets).Assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return new Asset(bytes, Convert.ToHexStringLower(SHA256.HashData(bytes))[..16], Path.GetExtension(name) switch
        {
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".svg" => "image/svg+xml",
            _ => "application/octet-stream",
        });
    }

    private sealed record Asset(byte[] Bytes, string Hash, string Type);
}
