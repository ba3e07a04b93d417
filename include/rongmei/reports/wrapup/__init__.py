"""The wrap-up (活动总结) of a campaign's season: the story of the campaign in numbers."""
