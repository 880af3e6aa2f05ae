using Alignment.ServiceDefaults;
using Alignment.Storage.Artifacts;

namespace Alignment.Checkpoints.Registry;

/// <param name="Folder">A Hugging Face model folder on this host: config.json, tokenizer.json, *.safetensors.</param>
/// <param name="Name">How people call it; default the folder's name.</param>
/// <param name="Kind"><c>policy</c> (default) or <c>reward</c>.</param>
internal sealed record ImportRequest(string Folder, string? Name, string? Kind);

/// <summary>Copies a model folder into the artifact store and registers it.</summary>
internal sealed class CheckpointImport(IArtifactStore artifacts, CheckpointRegistry registry)
{
    public async Task<CheckpointRecord> RunAsync(ImportRequest request, CancellationToken ct)
    {
        var folder = Path.GetFullPath(request.Folder);
        foreach (var file in new[] { "config.json", "tokenizer.json" }.Where(f => !File.Exists(Path.Combine(folder, f))))
        {
            throw new ProblemException(422, "Not a model folder.", $"folder: {folder} has no {file}; name a Hugging Face model folder on this host.", "not-a-model-folder");
        }

        var staged = artifacts.Stage("import");
        foreach (var file in Directory.GetFiles(folder))
        {
            File.Copy(file, Path.Combine(staged, Path.GetFileName(file)));
        }

        var digest = await artifacts.CommitAsync(staged, ct);
        return await registry.RegisterAsync(new()
        {
            Id = Guid.CreateVersion7().ToString("N"), Digest = digest, Kind = request.Kind ?? "policy", Name = request.Name ?? Path.GetFileName(folder),
        }, ct);
    }
}
