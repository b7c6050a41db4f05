/// What only the Redis queue must do: outlive its server, its connections and other people's hands.
