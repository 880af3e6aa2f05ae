using System.Text.Json;

namespace Alignment.ModelCore.Checkpointing;

/// <summary>The safetensors files of a model folder, one or sharded, with every tensor's file known and checked.</summary>
public sealed class CheckpointFiles : IDisposable
{
    private readonly List<SafeTensorsFile> files = [];
    private readonly Dictionary<string, SafeTensorsFile> owners = new(StringComparer.Ordinal);

    private CheckpointFiles()
    {
    }

    /// <summary>Every tensor by name.</summary>
    public IEnumerable<string> Names => owners.Keys;

    public IReadOnlyList<SafeTensorsFile> Files => files;

    public static CheckpointFiles Open(string folder)
    {
        var result = new CheckpointFiles();
        try
        {
            result.Read(folder);
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    public SafeTensorsFile? Find(string name) => owners.GetValueOrDefault(name);

    public void Dispose() => files.ForEach(f => f.Dispose());

    private void Read(string folder)
    {
        var single = Path.Combine(folder, "model.safetensors");
        var index = Path.Combine(folder, "model.safetensors.index.json");
        if (File.Exists(single))
        {
            Add(SafeTensorsFile.Open(single));
        }
        else if (File.Exists(index))
        {
            ReadShards(folder, index);
        }
        else if (Directory.Exists(folder))
        {
            var pickled = Directory.EnumerateFiles(folder, "*.bin").Select(Path.GetFileName).FirstOrDefault();
            throw new CheckpointException($"{folder}: no model.safetensors and no index of shards.{(pickled is null ? "" : $" {pickled} is a pickle, which is never opened; convert it with transformers' save_pretrained first.")}");
        }
        else
        {
            throw new CheckpointException($"{folder}: no such folder.");
        }
    }

    private void ReadShards(string folder, string index)
    {
        var map = ReadIndex(index);
        foreach (var shard in map.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            // Names come from outside: a shard lies in this folder or nowhere.
            if (shard != Path.GetFileName(shard) || shard is "" or "." or ".." || shard.Contains('\\', StringComparison.Ordinal))
            {
                throw new CheckpointException($"{index}: shard '{shard}' does not lie in the model's own folder.");
            }

            var path = Path.Combine(folder, shard);
            if (!File.Exists(path))
            {
                throw new CheckpointException($"{index}: shard {shard} is missing; {map.Count(p => p.Value == shard)} tensors should be in it, such as {map.First(p => p.Value == shard).Key}.");
            }

            Add(SafeTensorsFile.Open(path));
        }

        foreach (var (name, shard) in map)
        {
            if (!owners.TryGetValue(name, out var owner) || Path.GetFileName(owner.Path) != shard)
            {
                throw new CheckpointException($"{index}: {name} should be in {shard}, which does not hold it.");
            }
        }
    }

    private static Dictionary<string, string> ReadIndex(string index)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(index));
            return json.RootElement.GetProperty("weight_map").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!, StringComparer.Ordinal);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new CheckpointException($"{index}: not a valid index of shards: {e.Message}", e);
        }
    }

    private void Add(SafeTensorsFile file)
    {
        files.Add(file);
        foreach (var name in file.Entries.Keys)
        {
            if (!owners.TryAdd(name, file))
            {
                throw new CheckpointException($"{name} is in {owners[name].Path} and again in {file.Path}.");
            }
        }
    }
}
