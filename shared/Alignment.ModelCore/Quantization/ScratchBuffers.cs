using static TorchSharp.torch;

namespace Alignment.ModelCore.Quantization;

/// <summary>
/// Buffers that restored weights live in for the length of one product. A weight restored anew at each use would ask the allocator for
/// megabytes every time; one restored and kept would be the dense model again. One buffer per dtype and thread at work.
/// </summary>
internal static class ScratchBuffers
{
    private static readonly Lock Gate = new();
    private static readonly List<Tensor> Idle = [];

    /// <summary>Bytes held by buffers that nobody uses now.</summary>
    internal static long IdleBytes
    {
        get
        {
            lock (Gate)
            {
                return Idle.Sum(t => t.numel() * t.ElementSize);
            }
        }
    }

    internal static Lease Rent(long elements, ScalarType dtype)
    {
        lock (Gate)
        {
            var at = Idle.FindIndex(t => t.dtype == dtype);
            if (at >= 0)
            {
                var found = Idle[at];
                Idle.RemoveAt(at);
                if (found.numel() >= elements)
                {
                    return new(found);
                }

                found.Dispose();
            }
        }

        return new(empty([elements], dtype).DetachFromDisposeScope());
    }

    /// <summary>Frees the buffers in no use.</summary>
    internal static void Clear()
    {
        lock (Gate)
        {
            Idle.ForEach(t => t.Dispose());
            Idle.Clear();
        }
    }

    internal readonly struct Lease(Tensor buffer) : IDisposable
    {
        /// <summary>At least as many elements as asked for, one-dimensional.</summary>
        internal Tensor Buffer => buffer;

        public void Dispose()
        {
            lock (Gate)
            {
                Idle.Add(buffer);
            }
        }
    }
}
