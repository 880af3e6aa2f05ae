using System.Net;
using System.Text.Json;
using Alignment.Inference.Chat;
using Alignment.Storage.Artifacts;

namespace Alignment.Inference.Engine;

/// <summary>Asks the registry which digest a name stands for. A digest stands for itself, so candidates need no registry.</summary>
internal sealed class CheckpointDirectory(HttpClient http, IArtifactStore artifacts)
{
    /// <summary>The folder of the model.</summary>
    public async Task<(string Digest, string Folder)> ResolveAsync(string reference, CancellationToken ct)
    {
        var digest = reference.StartsWith("sha256:", StringComparison.Ordinal) ? reference : await AskAsync(reference, ct);
        return artifacts.Exists(digest)
            ? (digest, artifacts.PathOf(digest))
            : throw new ChatFault(404, $"model: '{reference}' ({digest}) has no files in this artifact folder.", "model", "model_not_found");
    }

    private async Task<string> AskAsync(string reference, CancellationToken ct)
    {
        try
        {
            using var response = await http.GetAsync($"checkpoints/{Uri.EscapeDataString(reference)}", ct);
            if (response.StatusCode == HttpStatusCode.NotFound)
            {
                throw new ChatFault(404, $"model: there is no '{reference}'; GET /v1/models lists what there is.", "model", "model_not_found");
            }

            response.EnsureSuccessStatusCode();
            return (await response.Content.ReadFromJsonAsync<JsonElement>(ct)).GetProperty("digest").GetString()!;
        }
        catch (HttpRequestException e)
        {
            throw new ChatFault(503, $"The checkpoint registry at {http.BaseAddress} does not answer: {e.Message}", null, "registry_unavailable");
        }
    }
}
