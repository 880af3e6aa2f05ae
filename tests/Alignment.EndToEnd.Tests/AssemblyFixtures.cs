using Alignment.TestServers;

[assembly: AssemblyFixture(typeof(ServerLifetime))]
