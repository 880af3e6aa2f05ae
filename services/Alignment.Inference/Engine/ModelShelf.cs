using Alignment.ModelCore.Generation;

namespace Alignment.Inference.Engine;

/// <summary>The models in memory, the least recently asked leaving first. Used on the engine's thread only.</summary>
internal sealed class ModelShelf : IDisposable
{
    private const int Capacity = 2;

    private readonly LinkedList<(string Digest, ChatResponder Responder)> models = [];

    /// <summary>The model of the digest, loaded from the folder when it is not there.</summary>
    public ChatResponder Take(string digest, string folder)
    {
        var node = models.First;
        while (node is not null && node.Value.Digest != digest)
        {
            node = node.Next;
        }

        if (node is null)
        {
            if (models.Count == Capacity)
            {
                models.Last!.Value.Responder.Dispose();
                models.RemoveLast();
            }

            node = new((digest, ChatResponder.Load(folder)));
        }
        else
        {
            models.Remove(node);
        }

        models.AddFirst(node);
        return node.Value.Responder;
    }

    public void Dispose()
    {
        foreach (var (_, responder) in models)
        {
            responder.Dispose();
        }
    }
}
